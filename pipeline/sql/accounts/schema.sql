-- Who may use the desk. Every change of it is an event beside it (see ledger/schema). No password stands here, only
-- its scrypt hash; no session token, only its hash. Readers: the sign-in page, every run of the desk, chengqing user.

create table if not exists account (
    user_id text not null primary key,
    name text not null,
    role text not null,
    partner text,
    email text unique,
    password text,
    disabled integer not null default 0 check (disabled in (0, 1)),
    sample integer not null default 0 check (sample in (0, 1)),
    created_at text not null
) strict, without rowid;

create table if not exists session (
    token_hash text not null primary key,
    user_id text not null references account (user_id),
    opened_at real not null,
    seen_at real not null
) strict, without rowid;

create table if not exists attempt (
    name_hash text not null primary key,
    failures integer not null,
    last_at real not null
) strict, without rowid;

create index if not exists session_by_user on session (user_id);
