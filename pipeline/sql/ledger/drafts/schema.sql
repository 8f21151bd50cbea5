-- Drafts of corrections. draft holds where each stands now; the rest is append-only.
-- Readers: the desk's correction pages, the publisher.

create table if not exists draft (
    draft_id text primary key,
    incident text not null,
    claim_id text,
    follows text,
    version integer not null,
    updated_at text not null,
    updated_by text not null,
    partner text not null
) strict, without rowid;

create table if not exists draft_version (
    draft_id text not null,
    version integer not null,
    content text not null,
    digest text not null,
    actor text not null,
    partner text not null,
    saved_at text not null,
    primary key (draft_id, version)
) strict, without rowid;

create table if not exists draft_remark (
    remark_id integer primary key autoincrement,
    draft_id text not null,
    kind text not null check (kind in ('comment', 'explanation', 'approval')),
    about text not null,
    actor text not null,
    partner text not null,
    told_at text not null,
    body text not null
) strict;

create table if not exists bright_line (
    bright_line_id text not null,
    version integer not null,
    partner text not null,
    content text,
    actor text not null,
    told_at text not null,
    primary key (bright_line_id, version)
) strict, without rowid;

create index if not exists draft_by_incident on draft (incident, updated_at);
create index if not exists remark_by_draft on draft_remark (draft_id, remark_id);

create trigger if not exists draft_version_no_update before update on draft_version
begin select raise(abort, 'versions of drafts are append-only'); end;
create trigger if not exists draft_version_no_delete before delete on draft_version
begin select raise(abort, 'versions of drafts are append-only'); end;
create trigger if not exists draft_remark_no_update before update on draft_remark
begin select raise(abort, 'remarks are append-only'); end;
create trigger if not exists draft_remark_no_delete before delete on draft_remark
begin select raise(abort, 'remarks are append-only'); end;
create trigger if not exists bright_line_no_update before update on bright_line
begin select raise(abort, 'bright lines are append-only'); end;
create trigger if not exists bright_line_no_delete before delete on bright_line
begin select raise(abort, 'bright lines are append-only'); end;
