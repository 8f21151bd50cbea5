-- Rulings of an incident in the order people made them, without those that were withdrawn.
select ruling_id, incident, kind, left_post, right_post, actor, decided_at, reason
from match_ruling
where incident = $incident
  and ruling_id not in (
      select json_extract(payload, '$.ruling_id')
      from event
      where incident = $incident and kind = 'withdrawal'
  )
order by ruling_id;
