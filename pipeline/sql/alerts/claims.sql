-- Published claims that any rule may speak about, best first.
select
    r.claim_id, r.as_of, r.rank, r.growth, r.harm, r.recent_voices, r.previous_voices,
    left(c.exemplar_text, 400) as text
from ranked_claims as r
inner join claims as c on c.claim_id = r.claim_id
where r.rank <= $top or r.growth >= $growth or r.harm >= $harm
order by r.rank
limit 500;
