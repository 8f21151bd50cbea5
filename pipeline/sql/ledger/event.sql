-- One event.
select event_id, incident, claim_id, kind, actor, decided_at, payload
from event
where incident = $incident and event_id = $event_id;
