-- A person signed in; the token itself stays in the browser.
insert into session (token_hash, user_id, opened_at, seen_at) values ($token_hash, $user_id, $now, $now);
