-- The moment that the ranking speaks about.
select max(as_of) from ranked_claims;
