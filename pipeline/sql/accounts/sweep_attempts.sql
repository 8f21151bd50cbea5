-- Attempts that nobody waits for any more go.
delete from attempt where last_at < $before;
