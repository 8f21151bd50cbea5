-- Grain: one row per claim that resembles one people took up, or one that was reviewed before. Inputs: claim_matches,
-- taken_up (claim_id), claim_reviews. Reader: ranked_claims. The nearest one's similarity: what was worth an answer once
-- may be again.
with pairs as (
    select left_claim_id as claim_id, right_claim_id as other_id, similarity from claim_matches
    union all
    select right_claim_id as claim_id, left_claim_id as other_id, similarity from claim_matches
),

kin as (
    select p.claim_id, p.similarity
    from pairs as p
    inner join taken_up as t on t.claim_id = p.other_id
    union all
    select claim_id, similarity
    from claim_reviews
)

select claim_id, round(max(similarity), 9) as kinship
from kin
group by claim_id;
