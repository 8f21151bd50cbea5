-- Grain: one row per pair of claims that a person should look at. Inputs: text_matches (match_no, left_no, right_no,
-- similarity), carriers (text_no, claim_no, post_no: who carries the text first). Reader: stage claims, which puts the
-- words beside it. Texts and claims are numbers here, in the order of their keys; post_rank is the order of post ids.
with pairs as (
    select
        m.match_no,
        least(l.claim_no, r.claim_no) as left_claim_no,
        greatest(l.claim_no, r.claim_no) as right_claim_no,
        case when l.claim_no < r.claim_no then l.post_no else r.post_no end as left_post_no,
        case when l.claim_no < r.claim_no then r.post_no else l.post_no end as right_post_no,
        case when l.claim_no < r.claim_no then l.post_rank else r.post_rank end as left_rank,
        case when l.claim_no < r.claim_no then r.post_rank else l.post_rank end as right_rank,
        m.similarity
    from text_matches as m
    inner join carriers as l on l.text_no = m.left_no
    inner join carriers as r on r.text_no = m.right_no
    where l.claim_no <> r.claim_no
)

select left_claim_no, right_claim_no, left_post_no, right_post_no, similarity, match_no
from pairs
qualify row_number() over (
    partition by left_claim_no, right_claim_no order by similarity desc, left_rank, right_rank
) = 1
order by left_claim_no, right_claim_no;
