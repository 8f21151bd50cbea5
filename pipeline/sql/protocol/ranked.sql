-- The first ranked claims, best first. Parameter: $most.
select claim_id from ranked_claims where rank <= $most order by rank;
