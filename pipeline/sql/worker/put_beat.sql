-- The worker is alive.
insert into beat (only_row, pid, started_at, beat_at, address, problem)
values (1, $pid, $started_at, $beat_at, $address, $problem)
on conflict (only_row) do update set pid = excluded.pid, started_at = excluded.started_at,
    beat_at = excluded.beat_at, address = excluded.address, problem = excluded.problem;
