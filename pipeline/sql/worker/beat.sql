-- The last heartbeat.
select pid, started_at, beat_at, address, problem from beat;
