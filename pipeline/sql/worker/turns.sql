-- The last turns of an incident, or of all, the latest first.
select turn_id, incident, due_at, missed, started_at, finished_at, status, crawl_code, run_code, detail
from turn
where $incident is null or incident = $incident
order by turn_id desc
limit $most;
