-- What the worker remembers across restarts: when each incident is due, its turns, and its own heartbeat.

create table if not exists schedule (
    incident text primary key,
    began_at text not null,
    taken_at text,
    retry_at text,
    failures integer not null default 0,
    paused_by text
) strict, without rowid;

create table if not exists turn (
    turn_id integer primary key autoincrement,
    incident text not null,
    due_at text not null,
    missed integer not null,
    started_at text not null,
    finished_at text,
    status text not null
        check (status in ('running', 'done', 'partly', 'failed', 'stopped', 'interrupted')),
    crawl_code integer,
    run_code integer,
    detail text
) strict;

create index if not exists turn_of_incident on turn (incident, turn_id);

create table if not exists beat (
    only_row integer primary key check (only_row = 1),
    pid integer not null,
    started_at text not null,
    beat_at text not null,
    address text,
    problem text
) strict;
