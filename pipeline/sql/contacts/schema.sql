-- The contact directory as partners keep it: people and organizations, each owned by the partner that wrote it.

create table if not exists contact (
    contact_id text primary key,
    owner text not null,
    kind text not null check (kind in ('person', 'organization')),
    name text not null,
    reach text not null,
    on_call integer,
    calls text not null,
    version integer not null,
    updated_by text not null,
    updated_at text not null
) strict, without rowid;
