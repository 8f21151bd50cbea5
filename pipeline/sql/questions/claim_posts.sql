-- Every post of one claim, oldest first; an old id works too.
-- $claim = null: the claim's id
-- $most = 200: how many posts
select
    p.posted_at, p.platform, cp.role, cp.joined_by, cp.asks,
    p.reposts, p.replies, p.likes, n.script, p.text, p.url
from claim_posts as cp
inner join posts as p on p.post_id = cp.post_id
inner join normalized_posts as n on n.post_id = cp.post_id
where cp.claim_id = coalesce((select a.claim_id from claim_aliases as a where a.old_claim_id = $claim), $claim)
order by p.posted_at, p.post_id
limit $most;
