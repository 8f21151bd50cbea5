-- Every account; one when $user_id or $email is given.
select user_id, name, role, partner, email, password, disabled, sample, created_at
from account
where ($user_id is null or user_id = $user_id) and ($email is null or email = $email)
order by user_id;
