-- Grain: one row per claim, platform and span of time in which at least $k known authors posted: an hour where that many
-- posted in it, else what is left of a day, else what is left of the whole time. Posts of smaller groups are in none.
-- Inputs: claim_posts, posts, claims. Reader: partners' snapshots. Generalization, then suppression.
with told as (
    select cp.claim_id, p.platform, p.author_key, p.posted_at
    from claim_posts as cp
    inner join posts as p on p.post_id = cp.post_id
    inner join claims as c on c.claim_id = cp.claim_id
    where p.author_key is not null and c.author_count >= $k
),

hours as (
    select claim_id, platform, date_trunc('hour', posted_at) as starts_at, 'hour' as span, count(*) as posts,
        count(distinct author_key) as authors
    from told
    group by all
    having authors >= $k
),

without_hours as (
    select t.*
    from told as t
    anti join hours as h
        on h.claim_id = t.claim_id and h.platform = t.platform and h.starts_at = date_trunc('hour', t.posted_at)
),

days as (
    select claim_id, platform, date_trunc('day', posted_at) as starts_at, 'day' as span, count(*) as posts,
        count(distinct author_key) as authors
    from without_hours
    group by all
    having authors >= $k
),

without_days as (
    select t.*
    from without_hours as t
    anti join days as d
        on d.claim_id = t.claim_id and d.platform = t.platform and d.starts_at = date_trunc('day', t.posted_at)
),

wholes as (
    select claim_id, platform, null::timestamptz as starts_at, 'all' as span, count(*) as posts,
        count(distinct author_key) as authors
    from without_days
    group by all
    having authors >= $k
)

select * from hours
union all
select * from days
union all
select * from wholes
order by claim_id, platform, starts_at nulls last;
