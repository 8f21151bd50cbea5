-- Grain: one row per post of a claim that was known at $as_of. Input: said (claim_no, and columns of claim_posts and
-- posts). Readers: the other signals. Claims, sources and wordings are numbers here, for a million strings are slow to
-- tell apart.
-- A voice is one author; where the site names none, one wording: a storm of one account, or of one text, is one voice.
-- window_no counts windows of $window_minutes back from $as_of, 0 being the last.
select
    claim_no, role, asks, hash(variant_key) as wording, platform, hash(source) as community, posted_at,
    hash(coalesce(author_key, variant_key, post_id)) as voice,
    cast(floor((epoch($as_of) - epoch(posted_at)) / (60 * $window_minutes)) as integer) as window_no,
    (epoch($as_of) - epoch(posted_at)) / 3600 as age_hours,
    coalesce(likes, 0)::double + coalesce(reposts, 0) + coalesce(replies, 0) as engaged,
    coalesce(likes, reposts, replies) is not null as is_engaged_known
from said
where posted_at <= $as_of;
