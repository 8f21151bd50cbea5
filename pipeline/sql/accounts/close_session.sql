-- The person signed out.
delete from session where token_hash = $token_hash returning user_id;
