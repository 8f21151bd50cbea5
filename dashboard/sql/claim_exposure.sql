-- Grain: one row. How far a claim went, for the advice on answering. Inputs: claim_posts, posts, ranked_claims.
with known as (
    select c.role, p.platform, p.posted_at, coalesce(p.likes, 0) + coalesce(p.reposts, 0) + coalesce(p.replies, 0) as engaged
    from claim_posts as c
    inner join posts as p on p.post_id = c.post_id
    where c.claim_id = $claim_id
)

select
    count(*) as posts,
    coalesce((select max(recent_posts) from ranked_claims where claim_id = $claim_id), 0) as recent_posts,
    coalesce((select max(previous_posts) from ranked_claims where claim_id = $claim_id), 0) as previous_posts,
    count(distinct platform) as platforms,
    coalesce(sum(engaged), 0)::bigint as engagement,
    count(*) filter (where role = 'corrects') as corrections
from known;
