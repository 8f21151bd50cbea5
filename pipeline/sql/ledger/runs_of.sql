-- Runs of an incident, oldest first.
select run_id, status, pid, started_at, finished_at, as_of, code_version, encoder, lexicon, error
from run
where incident = $incident
order by seq;
