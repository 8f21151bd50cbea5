-- Grain: one row when $claim_id is, or resolves to, a claim of this warehouse. Inputs: claims, claim_aliases.
with recursive chain (claim_id, step) as (
    select $claim_id::varchar, 0
    union all
    select a.claim_id, chain.step + 1
    from claim_aliases as a
    join chain on a.old_claim_id = chain.claim_id
    where chain.step < 50
)
select chain.claim_id
from chain
join claims using (claim_id)
order by chain.step desc
limit 1;
