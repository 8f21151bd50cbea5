-- Grain: one row per corrected claim and claim that was told around its correction: tellings before and after.
-- Parameters: $start, $end (null: open), $hours: width of each window. A telling carries or repeats the claim.
-- by_hour: tellings by whole hours from the correction on, -1 being the hour before it.
with corrected as (
    select coalesce(a.claim_id, r.claim_id) as claim_id, min(r.released_at) as corrected_at
    from releases as r
    left join claim_aliases as a on a.old_claim_id = r.claim_id
    where r.withdrawn_at is null and r.claim_id is not null
    group by all
),

asked as (
    select
        k.claim_id as corrected_id,
        k.corrected_at,
        (select max(last_at.collected_at) from observations as last_at)
        >= k.corrected_at + to_hours($hours) as watched
    from corrected as k
    inner join claims as c on c.claim_id = k.claim_id
    where ($start is null or c.first_at >= $start) and ($end is null or c.first_at < $end)
),

hourly as (
    select
        a.corrected_id, a.corrected_at, a.watched, cp.claim_id,
        floor((epoch(p.posted_at) - epoch(a.corrected_at)) / 3600)::integer as hour,
        count(*) as tellings
    from asked as a
    inner join posts as p
        on p.posted_at >= a.corrected_at - to_hours($hours) and p.posted_at < a.corrected_at + to_hours($hours)
    inner join claim_posts as cp on cp.post_id = p.post_id and cp.role in ('carries', 'repeats')
    group by all
)

select
    h.corrected_id, h.corrected_at, h.watched, h.claim_id, o.corrected_at as other_corrected_at,
    coalesce(sum(h.tellings) filter (where h.hour < 0), 0)::bigint as before,
    coalesce(sum(h.tellings) filter (where h.hour >= 0), 0)::bigint as after,
    map(list(h.hour), list(h.tellings)) as by_hour,
    min(c.first_at) as first_at
from hourly as h
inner join claims as c on c.claim_id = h.claim_id
left join corrected as o on o.claim_id = h.claim_id
group by h.corrected_id, h.corrected_at, h.watched, h.claim_id, o.corrected_at
order by h.corrected_id, h.claim_id;
