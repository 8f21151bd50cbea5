-- The person did something.
update session set seen_at = $now where token_hash = $token_hash;
