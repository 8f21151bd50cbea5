-- Grain: one row per published review that may be about a claim, trusted publishers' first, then the likest.
-- Inputs: claim_reviews, known_reviews. Reader: known reviews on the claim page.
select
    m.review_id,
    m.similarity,
    m.words,
    m.sounds,
    m.passages,
    m.meaning,
    coalesce(m.shared_words, []) as shared_words,
    k.claim,
    k.title,
    k.rating,
    k.publisher,
    k.site,
    k.url,
    k.language,
    k.reviewed_at,
    k.provenance,
    k.origin,
    k.trust,
    k.ready_text
from claim_reviews as m
join known_reviews as k on k.review_id = m.review_id
where m.claim_id = $claim_id
order by k.trust = 'trusted' desc, m.similarity desc, m.review_id;
