-- Grain: one row of ranked_claims per claim of $ids. Reader: the reasons on the cards.
select *
from ranked_claims
where claim_id in (select unnest($ids::varchar[]));
