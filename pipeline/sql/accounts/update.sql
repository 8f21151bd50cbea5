-- What may change of an account; the last word counts, each word is an event.
update account
set name = $name, role = $role, partner = $partner, email = $email, password = $password, disabled = $disabled
where user_id = $user_id
returning user_id;
