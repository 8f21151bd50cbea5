-- Grain: one row per group and old claim id that share posts. Inputs: group_posts (post_no, group_no, is_own),
-- previous_posts (post_no, claim_no, decided). Reader: stage claims, which hands ids down by it.
-- An id follows posts that speak for themselves (own); a post that has become a reply only tells where it went.
select
    g.group_no,
    p.claim_no,
    bool_or(p.decided) as decided,
    count(*) filter (where g.is_own) as own,
    count(*) as shared
from group_posts as g
inner join previous_posts as p on p.post_no = g.post_no
group by g.group_no, p.claim_no
order by g.group_no, p.claim_no;
