-- Grain: one row per claim, hour and platform. Inputs: claim_posts, posts. Parameter: $as_of.
-- Readers: sparklines and timelines.
select
    c.claim_id,
    date_trunc('hour', p.posted_at) as hour,
    p.platform,
    count(*) as posts,
    count(*) filter (where c.asks) as enquiries,
    count(*) filter (where c.role = 'corrects') as corrections
from claim_posts as c
inner join posts as p on p.post_id = c.post_id
where p.posted_at <= $as_of
group by all
order by c.claim_id, hour, p.platform;
