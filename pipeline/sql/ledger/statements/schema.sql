-- Statements: frozen texts, what each partner answered, what was released and withdrawn. All of it append-only.
-- Readers: the desk's statement pages, the publisher, whoever must prove what was consented to.

create table if not exists statement (
    statement_id text primary key,
    draft_id text not null,
    draft_version integer not null,
    incident text not null,
    claim_id text,
    digest text not null,
    content text not null,
    author_partner text not null,
    partners text not null,
    rule text not null,
    circulated_by text not null,
    circulated_at text not null,
    deadline_at text not null,
    unique (draft_id, draft_version)
) strict, without rowid;

create table if not exists statement_answer (
    answer_id integer primary key autoincrement,
    statement_id text not null,
    digest text not null,
    partner text not null,
    answer text not null check (answer in ('consent', 'reservations', 'aside', 'block')),
    reason text not null,
    actor text not null,
    told_at text not null
) strict;

create table if not exists statement_voided (
    statement_id text primary key,
    actor text not null,
    told_at text not null,
    reason text not null
) strict, without rowid;

create table if not exists statement_release (
    release_id text primary key,
    statement_id text not null,
    incident text not null,
    claim_id text,
    digest text not null,
    content text not null,
    as_partner text,
    signers text not null,
    actor text not null,
    told_at text not null
) strict, without rowid;

create table if not exists statement_withdrawal (
    release_id text primary key,
    reason text not null,
    actor text not null,
    told_at text not null
) strict, without rowid;

create index if not exists statement_by_incident on statement (incident, circulated_at);
create index if not exists answer_by_statement on statement_answer (statement_id, answer_id);
create unique index if not exists one_joint_release on statement_release (statement_id, coalesce(as_partner, ''));

create trigger if not exists statement_no_update before update on statement
begin select raise(abort, 'statements are append-only'); end;
create trigger if not exists statement_no_delete before delete on statement
begin select raise(abort, 'statements are append-only'); end;

create trigger if not exists statement_answer_no_update before update on statement_answer
begin select raise(abort, 'statements are append-only'); end;
create trigger if not exists statement_answer_no_delete before delete on statement_answer
begin select raise(abort, 'statements are append-only'); end;

create trigger if not exists statement_voided_no_update before update on statement_voided
begin select raise(abort, 'statements are append-only'); end;
create trigger if not exists statement_voided_no_delete before delete on statement_voided
begin select raise(abort, 'statements are append-only'); end;

create trigger if not exists statement_release_no_update before update on statement_release
begin select raise(abort, 'statements are append-only'); end;
create trigger if not exists statement_release_no_delete before delete on statement_release
begin select raise(abort, 'statements are append-only'); end;

create trigger if not exists statement_withdrawal_no_update before update on statement_withdrawal
begin select raise(abort, 'statements are append-only'); end;
create trigger if not exists statement_withdrawal_no_delete before delete on statement_withdrawal
begin select raise(abort, 'statements are append-only'); end;
