-- Alerts that were raised, each once; who is told of each, and the messages that went out.

create table if not exists alert (
    alert_id integer primary key autoincrement,
    key text not null unique,
    incident text not null,
    kind text not null,
    rule text not null,
    urgent integer not null,
    partner text,
    told text not null,
    raised_at text not null
) strict;

create table if not exists message (
    message_id text primary key,
    person text not null,
    channel text not null,
    content text not null,
    state text not null check (state in ('sending', 'sent', 'failed')),
    attempts integer not null default 0,
    made_at text not null,
    next_at text not null,
    sent_at text,
    error text
) strict, without rowid;

create table if not exists delivery (
    alert_id integer not null,
    person text not null,
    channel text not null,
    message_id text,
    primary key (alert_id, person, channel)
) strict, without rowid;

create index if not exists delivery_waiting on delivery (message_id, person, channel);

create table if not exists known (
    incident text not null,
    scope text not null,
    item text not null,
    primary key (incident, scope, item)
) strict, without rowid;
