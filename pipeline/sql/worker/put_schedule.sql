-- Where an incident stands; who paused it is left as it is, for that is said elsewhere.
insert into schedule (incident, began_at, taken_at, retry_at, failures)
values ($incident, $began_at, $taken_at, $retry_at, $failures)
on conflict (incident) do update set
    began_at = excluded.began_at, taken_at = excluded.taken_at, retry_at = excluded.retry_at,
    failures = excluded.failures;
