-- Grain: one row per published review that may be about a claim of $ids, with its verdict of now. Inputs: claim_reviews,
-- known_reviews. Reader: rows of the list.
select m.claim_id, m.review_id, k.rating
from claim_reviews as m
inner join known_reviews as k on k.review_id = m.review_id
where m.claim_id in (select unnest($ids::varchar[]));
