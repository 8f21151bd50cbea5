-- One more attempt under this name; it is taken back when it succeeds.
insert into attempt (name_hash, failures, last_at) values ($name_hash, 1, $now)
on conflict (name_hash) do update set failures = failures + 1, last_at = excluded.last_at
returning failures;
