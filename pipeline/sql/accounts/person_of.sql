-- Whose session this is, if it stands: neither idle nor old, and the account not disabled.
select a.user_id, a.name, a.role, a.partner, s.seen_at
from session as s
inner join account as a on a.user_id = s.user_id
where s.token_hash = $token_hash and s.seen_at > $idle_since and s.opened_at > $open_since and a.disabled = 0;
