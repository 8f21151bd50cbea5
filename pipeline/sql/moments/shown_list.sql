-- Grain: one row per claim, best first. Inputs: ranked_claims, claims, posts. Reader: the record of lists that were shown.
-- No text: which observation of the exemplar was shown is enough to find it as long as it is held.
select
    r.*,
    c.exemplar_post_id,
    p.crawl_id as exemplar_crawl_id,
    p.collected_at as exemplar_collected_at,
    c.exemplar_script,
    c.post_count,
    c.carrier_count,
    c.variant_count,
    c.author_count,
    c.platform_count,
    c.platforms as platform_names,
    c.scripts,
    c.first_at,
    c.last_at,
    c.conflict_ids
from ranked_claims as r
inner join claims as c on c.claim_id = r.claim_id
left join posts as p on p.post_id = c.exemplar_post_id
order by r.rank;
