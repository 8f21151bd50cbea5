-- Who an account is at an identity provider: one person there is one account here, and the other way round.
-- Readers: sign-in by the provider.

create table if not exists identity (
    issuer text not null,
    subject text not null,
    user_id text not null references account (user_id),
    by_grant integer not null check (by_grant in (0, 1)),
    primary key (issuer, subject),
    unique (issuer, user_id)
) strict, without rowid;
