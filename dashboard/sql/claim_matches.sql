-- Grain: one row per borderline pair that a claim is part of, the nearest first.
-- Inputs: claim_matches, claims, ranked_claims, posts. Reader: suggested matches on the claim page.
with pairs as (
    select
        case when left_claim_id = $claim_id then right_claim_id else left_claim_id end as other_id,
        case when left_claim_id = $claim_id then left_post_id else right_post_id end as own_post,
        case when left_claim_id = $claim_id then right_post_id else left_post_id end as other_post,
        similarity,
        why
    from claim_matches
    where $claim_id in (left_claim_id, right_claim_id)
)
select
    m.other_id,
    m.own_post,
    m.other_post,
    m.similarity,
    m.why,
    r.rank as other_rank,
    c.post_count as other_posts,
    left(coalesce(own.text, ''), $most) as own_text,
    left(coalesce(other.text, c.exemplar_text), $most) as other_text
from pairs as m
join claims as c on c.claim_id = m.other_id
join ranked_claims as r on r.claim_id = m.other_id
left join posts as own on own.post_id = m.own_post
left join posts as other on other.post_id = m.other_post
order by m.similarity desc, r.rank
limit $rows;
