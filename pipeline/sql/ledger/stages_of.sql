-- Stages of an incident's runs, in order.
select s.run_id, s.stage, s.status, s.stage_key, s.rows_in, s.rows_out, s.rejects, s.seconds, s.peak_mb, s.files
from stage_run as s
inner join run as r on r.run_id = s.run_id
where r.incident = $incident
order by r.seq, s.position;
