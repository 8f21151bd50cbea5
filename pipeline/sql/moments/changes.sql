-- Grain: one row per claim of either list, in the order of the earlier one, then of the later. Inputs: earlier and later
-- (claim_id, rank, status, rating, assignee, statement, set_aside), became (claim_id, now_id). Reader: the time machine.
-- became: the claim that one which left is part of now; null when it left the list for good.
select
    coalesce(e.claim_id, l.claim_id) as claim_id,
    e.rank as then_rank,
    l.rank as now_rank,
    e.status as then_status,
    l.status as now_status,
    e.claim_id is null as entered,
    l.claim_id is null as left_list,
    coalesce(e.rank <> l.rank, false) as moved,
    coalesce(
        e.status <> l.status or e.rating is distinct from l.rating or e.assignee is distinct from l.assignee
        or e.statement is distinct from l.statement or e.set_aside is distinct from l.set_aside,
        false
    ) and e.claim_id is not null and l.claim_id is not null as decided,
    case when l.claim_id is null then b.now_id end as became
from earlier as e
full join later as l on l.claim_id = e.claim_id
left join became as b on b.claim_id = e.claim_id
order by e.rank nulls last, l.rank;
