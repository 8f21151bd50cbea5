-- Minutes from first post to first decision and to released correction, per claim that somebody decided on; slowest first.
-- $most = 50: how many claims
with decided as (
    select claim_id, min(decided_at) as decided_at
    from triage_events
    where kind = 'triage' and claim_id is not null
    group by claim_id
),

released as (
    select claim_id, min(released_at) as released_at
    from releases
    where withdrawn_at is null and claim_id is not null
    group by claim_id
)

select
    c.claim_id, c.first_at, d.decided_at, r.released_at,
    date_diff('minute', c.first_at, d.decided_at) as minutes_to_decision,
    date_diff('minute', c.first_at, r.released_at) as minutes_to_correction
from decided as d
inner join claims as c on c.claim_id = d.claim_id
left join released as r on r.claim_id = c.claim_id
order by minutes_to_correction desc nulls last, minutes_to_decision desc, c.claim_id
limit $most;
