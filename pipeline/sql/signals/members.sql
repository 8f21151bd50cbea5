-- Grain: one row per post of a claim that was known at $as_of. Inputs: claim_posts, posts, claim_ids. Readers: the other
-- signals. Claims, sources and wordings are numbers here, for a million strings are slow to tell apart.
-- A voice is one author; where the site names none, one wording: a storm of one account, or of one text, is one voice.
-- window_no counts windows of $window_minutes back from $as_of, 0 being the last.
select
    i.claim_no, c.role, c.asks, hash(c.variant_key) as wording, p.platform, hash(p.source) as community, p.posted_at,
    hash(coalesce(p.author_key, c.variant_key, p.post_id)) as voice,
    cast(floor((epoch($as_of) - epoch(p.posted_at)) / (60 * $window_minutes)) as integer) as window_no,
    (epoch($as_of) - epoch(p.posted_at)) / 3600 as age_hours,
    coalesce(p.likes, 0)::double + coalesce(p.reposts, 0) + coalesce(p.replies, 0) as engaged,
    coalesce(p.likes, p.reposts, p.replies) is not null as is_engaged_known
from claim_posts as c
inner join posts as p on p.post_id = c.post_id
inner join claim_ids as i on i.claim_id = c.claim_id
where p.posted_at <= $as_of;
