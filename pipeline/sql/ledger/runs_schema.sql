-- What the machine did. Rows are updated as a run goes on; readers: CLI, dashboard, publisher.

create table if not exists run (
    seq integer primary key autoincrement,
    run_id text not null unique,
    incident text not null,
    status text not null check (status in ('running', 'done', 'partial', 'replayed', 'failed', 'stopped')),
    pid integer not null,
    started_at text not null,
    finished_at text,
    as_of text,
    code_version text not null,
    encoder text,
    lexicon text,
    error text
) strict;

create table if not exists stage_run (
    run_id text not null,
    position integer not null,
    stage text not null,
    status text not null check (status in ('running', 'done', 'reused', 'failed')),
    stage_key text not null,
    rows_in integer,
    rows_out integer,
    rejects text,
    seconds real,
    peak_mb real,
    files text not null default '{}',
    primary key (run_id, stage)
) strict, without rowid;

create index if not exists run_by_incident on run (incident, seq);
