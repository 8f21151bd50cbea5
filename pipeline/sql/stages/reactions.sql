-- Grain: one row per reply that says something, in the order of claims. Inputs: claim_posts, normalized_posts.
-- Readers: learning from triage and the ranking. Replies that correct are left out: they tell what became of a claim.
select c.claim_id, n.match_text
from claim_posts as c
inner join normalized_posts as n on n.post_id = c.post_id
where c.role = 'replies' and n.match_text <> ''
order by c.claim_id, c.post_id;
