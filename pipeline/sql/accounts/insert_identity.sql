-- The account belongs to this person from now on; changes no row when one of them belongs to another already.
insert into identity (issuer, subject, user_id, by_grant) values ($issuer, $subject, $user_id, $by_grant)
on conflict do nothing
returning user_id;
