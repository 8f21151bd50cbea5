-- Grain: one row per claim that resembles one people took up. Inputs: claim_matches, taken_up (claim_id).
-- Reader: ranked_claims. The nearest such claim's similarity: what was worth an answer once may be again.
with pairs as (
    select left_claim_id as claim_id, right_claim_id as other_id, similarity from claim_matches
    union all
    select right_claim_id as claim_id, left_claim_id as other_id, similarity from claim_matches
)

select p.claim_id, round(max(p.similarity), 9) as kinship
from pairs as p
inner join taken_up as t on t.claim_id = p.other_id
group by p.claim_id;
