-- Grain: the row of one claim in ranked_claims. Reader: "why it is ranked here" on the claim page.
select *
from ranked_claims
where claim_id = $claim_id;
