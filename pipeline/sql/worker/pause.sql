-- Pause an incident in somebody's name, or let it go on (null).
insert into schedule (incident, began_at, paused_by) values ($incident, $now, $paused_by)
on conflict (incident) do update set paused_by = excluded.paused_by;
