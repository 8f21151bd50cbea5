-- All sessions of an account end: its password, role or standing changed.
delete from session where user_id = $user_id;
