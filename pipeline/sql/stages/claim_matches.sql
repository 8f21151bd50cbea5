-- Grain: one row per pair of claims that a person should look at. Inputs: text_matches, claim_posts, posts.
-- Reader: the claim page.
with carriers as (
    select
        c.variant_key,
        any_value(c.claim_id) as claim_id,
        first(c.post_id order by p.posted_at, p.post_id) as post_id
    from claim_posts as c
    inner join posts as p on p.post_id = c.post_id
    where c.joined_by not in ('reply', 'repost')
    group by c.variant_key
),

pairs as (
    select
        case when l.claim_id < r.claim_id then l.claim_id else r.claim_id end as left_claim_id,
        case when l.claim_id < r.claim_id then r.claim_id else l.claim_id end as right_claim_id,
        case when l.claim_id < r.claim_id then l.post_id else r.post_id end as left_post_id,
        case when l.claim_id < r.claim_id then r.post_id else l.post_id end as right_post_id,
        m.similarity,
        m.why
    from text_matches as m
    inner join carriers as l on l.variant_key = m.left_key
    inner join carriers as r on r.variant_key = m.right_key
    where l.claim_id <> r.claim_id
)

select
    left_claim_id,
    right_claim_id,
    first(left_post_id order by similarity desc, left_post_id, right_post_id) as left_post_id,
    first(right_post_id order by similarity desc, left_post_id, right_post_id) as right_post_id,
    max(similarity) as similarity,
    first(why order by similarity desc, left_post_id, right_post_id) as why
from pairs
group by left_claim_id, right_claim_id
order by left_claim_id, right_claim_id;
