-- Grain: one row per platform and hour of day (UTC). Input: members. Reader: volume. Parameter: $as_of.
-- pace is how busy the platform is at that hour against its own mean: shrunk to 1 by 20 posts, kept within 1/3 and 3,
-- and 1 where fewer than two days were seen, for then the hour cannot be told from the story.
with hours as (
    select platform, hour(posted_at) as hour_of_day, count(*) as posts, count(distinct posted_at::date) as days
    from members
    group by all
),

means as (
    select
        platform,
        count(*) / greatest(1.0, (epoch($as_of) - epoch(min(posted_at))) / 3600) as per_hour,
        (epoch($as_of) - epoch(min(posted_at))) / 3600 as seen_hours
    from members
    group by platform
)

select
    h.platform,
    h.hour_of_day,
    case
        when m.seen_hours < 48 then 1.0
        else round(least(3.0, greatest(1 / 3, (h.posts + 20) / (m.per_hour * ceil(m.seen_hours / 24) + 20))), 6)
    end as pace
from hours as h
inner join means as m on m.platform = h.platform;
