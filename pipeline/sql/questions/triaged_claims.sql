-- Every ranked claim with its signals, and whether people took it up: null while nobody decided.
select
    r.*,
    case
        when t.status in ('in_review', 'answered', 'watching', 'repeat') then true
        when t.status = 'not_ours' then false
    end as taken_up
from ranked_claims as r
left join triage as t on t.claim_id = r.claim_id
order by r.rank;
