-- Grain: one row per post that carries the claim, its exemplar first, then the earliest; at most $rows.
-- Reader: a decision keeps them, so that a claim is found again when ids had to be rebuilt.
select c.post_id
from claim_posts as c
join posts as p using (post_id)
join claims as k using (claim_id)
where c.claim_id = $claim_id and c.role = 'carries'
order by c.post_id <> k.exemplar_post_id, coalesce(p.published_at, p.collected_at), c.post_id
limit $rows;
