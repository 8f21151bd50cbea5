-- Wordings of the claims that people took up.
select p.claim_id, p.variant_key, min(r.rank) as rank, left(min(c.exemplar_text), 400) as text
from claim_posts as p
inner join triage as t on t.claim_id = p.claim_id
inner join claims as c on c.claim_id = p.claim_id
left join ranked_claims as r on r.claim_id = p.claim_id
where t.status in ('in_review', 'answered', 'watching') and p.role = 'carries' and p.variant_key is not null
group by p.claim_id, p.variant_key
order by p.claim_id, p.variant_key
limit 100000;
