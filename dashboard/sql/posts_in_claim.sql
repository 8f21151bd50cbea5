-- Grain: one row per post of $posts that belongs to the claim. Reader: which rulings concern a claim.
select post_id
from claim_posts
where claim_id = $claim_id and post_id in (select unnest($posts::varchar[]))
order by post_id;
