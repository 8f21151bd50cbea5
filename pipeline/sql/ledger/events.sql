-- Events of an incident (of one claim when $claim_id is given), newest first, at most $most.
select event_id, incident, claim_id, kind, actor, decided_at, payload
from event
where incident = $incident and ($claim_id is null or claim_id = $claim_id)
order by event_id desc
limit $most;
