-- Rulings of an incident, the newest first, each with who withdrew it and when.
with withdrawn as (
    select json_extract(payload, '$.ruling_id') as ruling_id, min(decided_at) as withdrawn_at, actor as withdrawn_by
    from event
    where incident = $incident and kind = 'withdrawal'
    group by 1
)
select
    r.ruling_id, r.incident, r.kind, r.left_post, r.right_post, r.actor, r.decided_at, r.reason,
    w.withdrawn_at, w.withdrawn_by
from match_ruling as r
left join withdrawn as w on w.ruling_id = r.ruling_id
where r.incident = $incident
order by r.ruling_id desc;
