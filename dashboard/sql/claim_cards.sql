-- Grain: one row per claim of $ids, best first. Inputs: claims, ranked_claims. Readers: ranked list, claim page.
-- Long exemplars are cut at $most characters: a post of a megabyte must not travel.
select
    c.claim_id,
    r.rank,
    r.score,
    c.exemplar_post_id,
    left(c.exemplar_text, $most) as exemplar_text,
    coalesce(length(c.exemplar_text), 0) as exemplar_length,
    c.exemplar_script,
    c.post_count,
    c.carrier_count,
    c.variant_count,
    c.author_count,
    c.platform_count,
    c.platforms,
    c.scripts,
    c.first_at,
    c.last_at,
    c.keywords,
    c.conflict_ids,
    r.as_of,
    r.growth,
    r.recent_posts,
    r.previous_posts,
    r.enquiry_share
from claims as c
join ranked_claims as r using (claim_id)
where c.claim_id in (select unnest($ids::varchar[]))
order by r.rank;
