-- Rulings of an incident in the order people made them.
select ruling_id, incident, kind, left_post, right_post, actor, decided_at, reason
from match_ruling
where incident = $incident
order by ruling_id;
