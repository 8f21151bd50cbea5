-- A new account; changes no row when the id or the e-mail address is taken.
insert into account (user_id, name, role, partner, email, password, sample, created_at)
values ($user_id, $name, $role, $partner, $email, $password, $sample, $created_at)
on conflict do nothing
returning user_id;
