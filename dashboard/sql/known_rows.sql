-- Grain: one row per published review that may be about a claim of $ids. Input: claim_reviews. Reader: rows of the list.
select claim_id, review_id
from claim_reviews
where claim_id in (select unnest($ids::varchar[]));
