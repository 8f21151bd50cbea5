-- Grain: one row per post of $posts that belongs to a claim. Reader: rulings that the next run will carry out.
select c.post_id, c.claim_id, r.rank
from claim_posts as c
join ranked_claims as r using (claim_id)
where c.post_id in (select unnest($posts::varchar[]))
order by c.post_id;
