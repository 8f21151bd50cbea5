-- Grain: one row per retired claim id that leads to a claim of now. Inputs: claims, claim_aliases. Reader: the time machine.
with recursive chain (claim_id, now_id, step) as (
    select old_claim_id, claim_id, 0 from claim_aliases
    union all
    select chain.claim_id, a.claim_id, chain.step + 1
    from claim_aliases as a
    join chain on a.old_claim_id = chain.now_id
    where chain.step < 50
)

select chain.claim_id, max_by(chain.now_id, chain.step) as now_id
from chain
join claims on claims.claim_id = chain.now_id
group by chain.claim_id;
