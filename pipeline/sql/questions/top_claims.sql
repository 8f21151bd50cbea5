-- The claims to look at first, with every point of their score.
-- $most = 20: how many claims
select
    r.rank, r.score, r.claim_id,
    c.post_count as posts, c.author_count as authors, c.platforms, c.scripts,
    r.recent_posts as recent, r.enquiry_share as asks, c.first_at, c.last_at,
    r.volume_points, r.growth_points, r.burst_points, r.spread_points, r.jump_points, r.engagement_points,
    r.enquiry_points, r.debunk_gap_points, r.checkworthy_points, r.harm_points, r.nearness_points, r.kinship_points,
    r.reactions_points,
    r.freshness, r.newness, r.recent_posts, r.previous_posts, r.recent_voices, r.previous_voices, r.voices, r.copy_share, r.origin,
    r.jump, r.jumped_to, r.enquirers, r.recent_enquirers, r.correctors, r.harms, r.harm, r.harm_assessed,
    coalesce(t.status, 'new') as status, t.assignee,
    -- a review that was confirmed to be about it has another verdict now
    exists (
        from review_words as w
        inner join known_reviews as k on k.review_id = w.review_id
        where w.claim_id = r.claim_id and w.is_same and w.rating is distinct from k.rating
    ) as verdict_changed,
    -- one that was confirmed is suggested no more: it left the library, or the claim is told otherwise now
    exists (
        from review_words as w
        anti join claim_reviews as m on m.claim_id = w.claim_id and m.review_id = w.review_id
        where w.claim_id = r.claim_id and w.is_same
    ) as review_gone,
    c.exemplar_text as claim
from ranked_claims as r
inner join claims as c on c.claim_id = r.claim_id
left join triage as t on t.claim_id = r.claim_id
where r.rank <= $most
order by r.rank;
