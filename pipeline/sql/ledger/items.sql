-- Events of one kind that nobody took back, oldest first; of one claim when $claim_id is given.
select event_id, incident, claim_id, kind, actor, decided_at, payload
from event
where incident = $incident and kind = $kind and ($claim_id is null or claim_id = $claim_id)
  and event_id not in (
      select json_extract(payload, '$.event_id')
      from event
      where incident = $incident and kind = 'taken_back'
  )
order by event_id;
