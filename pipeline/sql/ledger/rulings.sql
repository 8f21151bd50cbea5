-- Rulings of an incident in the order people made them, without those that were withdrawn. A release that is taken back
-- is a withdrawal too and names no ruling: a null in the list would make every ruling vanish.
select ruling_id, incident, kind, left_post, right_post, actor, decided_at, reason
from match_ruling
where incident = $incident
  and ruling_id not in (
      select json_extract(payload, '$.ruling_id')
      from event
      where incident = $incident and kind = 'withdrawal' and json_extract(payload, '$.ruling_id') is not null
  )
order by ruling_id;
