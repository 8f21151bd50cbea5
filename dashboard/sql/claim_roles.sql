-- Grain: one row per role of a claim's posts, and one called asks. Reader: the tabs of the claim page.
select role, count(*) as posts
from claim_posts
where claim_id = $claim_id
group by role
union all
select 'asks' as role, count(*) filter (where asks) as posts
from claim_posts
where claim_id = $claim_id;
