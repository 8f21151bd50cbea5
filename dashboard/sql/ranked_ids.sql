-- Grain: one row per claim, best first. Input: ranked_claims. Reader: the ranked list when nothing is filtered.
select claim_id
from ranked_claims
order by rank;
