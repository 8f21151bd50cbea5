-- Claims that people ask about and nobody has corrected, most asked first.
-- $most = 20: how many claims
with asked as (
    select claim_id, sum(enquiries) as enquiries, sum(corrections) as corrections
    from claim_hours
    group by claim_id
)

select r.rank, a.claim_id, a.enquiries, c.post_count as posts, c.first_at, c.exemplar_text as claim
from asked as a
inner join claims as c on c.claim_id = a.claim_id
inner join ranked_claims as r on r.claim_id = a.claim_id
where a.enquiries > 0 and a.corrections = 0
order by a.enquiries desc, r.rank
limit $most;
