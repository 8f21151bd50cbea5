-- Grain: one row per group with its earliest post, from which a new claim id is made.
-- Inputs: group_posts (post_id, group_key, is_own), posts. Reader: stage claims.
select
    g.group_key,
    first(g.post_id order by p.posted_at, p.post_id) as seed
from group_posts as g
inner join posts as p on p.post_id = g.post_id
where g.is_own
group by g.group_key
order by g.group_key;
