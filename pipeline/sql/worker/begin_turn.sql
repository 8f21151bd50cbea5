-- A turn begins.
insert into turn (incident, due_at, missed, started_at, status)
values ($incident, $due_at, $missed, $started_at, 'running') returning turn_id;
