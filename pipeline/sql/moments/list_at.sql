-- Grain: one row per claim that had a row of its own on the desk, best first. Inputs: shown (SHOWN_LIST), decided (one row
-- per claim that people had decided on or folded). Reader: the time machine.
select
    s.*,
    coalesce(d.status, 'new') as status,
    d.rating,
    d.assignee,
    d.note,
    d.decided_at,
    d.decided_by,
    d.statement,
    d.set_aside,
    coalesce(d.notes, 0) as notes,
    coalesce(d.merged, []) as merged,
    coalesce(d.split, 0) as split
from shown as s
left join decided as d on d.claim_id = s.claim_id
where d.lead is null
order by s.rank;
