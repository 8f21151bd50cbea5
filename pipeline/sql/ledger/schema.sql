-- What people decided. Append-only: triggers refuse to change or delete an event or a ruling.
-- Readers: the batch (read-only), the dashboard, the publisher.

create table if not exists event (
    event_id integer primary key autoincrement,
    incident text not null,
    claim_id text,
    kind text not null,
    actor text not null,
    decided_at text not null,
    payload text not null,
    chain text not null
) strict;

create table if not exists triage (
    incident text not null,
    claim_id text not null,
    version integer not null,
    status text not null,
    rating text,
    assignee text,
    note text not null,
    anchor_posts text not null,
    updated_at text not null,
    updated_by text not null,
    primary key (incident, claim_id)
) strict, without rowid;

create table if not exists match_ruling (
    ruling_id integer primary key autoincrement,
    incident text not null,
    kind text not null check (kind in ('must', 'must_not')),
    left_post text not null,
    right_post text not null,
    actor text not null,
    decided_at text not null,
    reason text not null
) strict;

create index if not exists event_by_incident on event (incident, event_id);
create index if not exists ruling_by_incident on match_ruling (incident, ruling_id);

create trigger if not exists event_no_update before update on event
begin select raise(abort, 'events are append-only'); end;
create trigger if not exists event_no_delete before delete on event
begin select raise(abort, 'events are append-only'); end;
create trigger if not exists ruling_no_update before update on match_ruling
begin select raise(abort, 'rulings are append-only'); end;
create trigger if not exists ruling_no_delete before delete on match_ruling
begin select raise(abort, 'rulings are append-only'); end;
create index if not exists event_by_kind on event (incident, kind, claim_id);
