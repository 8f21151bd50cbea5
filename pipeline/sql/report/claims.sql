-- Grain: one row per claim first seen in the period: when each thing happened to it. Times are null until they happen.
-- Parameters: $start, $end (null: open). detected_at: end of the first run that could show the claim.
with first_seen as (
    select
        cp.claim_id,
        min(p.first_collected_at) as collected_at,
        count(*) filter (where cp.asks) as enquiries,
        bool_or(p.source like 'tip-%') as tipped,
        bool_or(p.source not like 'tip-%') as crawled
    from claim_posts as cp
    inner join posts as p on p.post_id = cp.post_id
    group by cp.claim_id
),

shown as (
    select f.claim_id, min(r.finished_at) as detected_at
    from first_seen as f
    inner join runs as r on r.finished_at >= f.collected_at and r.status = 'done'
    group by f.claim_id
),

decided as (
    select coalesce(a.claim_id, e.claim_id) as claim_id, min(e.decided_at) as triaged_at,
        arg_min(e.claim_id, e.decided_at) as triaged_as
    from triage_events as e
    left join claim_aliases as a on a.old_claim_id = e.claim_id
    where e.kind = 'triage' and e.claim_id is not null
    group by all
),

corrected as (
    select coalesce(a.claim_id, r.claim_id) as claim_id, min(r.released_at) as corrected_at
    from releases as r
    left join claim_aliases as a on a.old_claim_id = r.claim_id
    where r.withdrawn_at is null and r.claim_id is not null
    group by all
)

select
    c.claim_id, c.first_at, f.collected_at, s.detected_at, d.triaged_at, d.triaged_as, k.corrected_at,
    r.rank, coalesce(t.status, 'new') as status, t.rating, c.post_count, c.author_count as authors, f.enquiries,
    f.tipped, f.crawled
from claims as c
inner join first_seen as f on f.claim_id = c.claim_id
left join shown as s on s.claim_id = c.claim_id
left join decided as d on d.claim_id = c.claim_id
left join corrected as k on k.claim_id = c.claim_id
left join ranked_claims as r on r.claim_id = c.claim_id
left join triage as t on t.claim_id = c.claim_id
where ($start is null or c.first_at >= $start) and ($end is null or c.first_at < $end)
order by c.first_at, c.claim_id;
