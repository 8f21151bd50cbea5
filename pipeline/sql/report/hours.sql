-- Grain: one row per hour: posts, enquiries, and our corrections released in it. Parameters: $start, $end.
select
    h.hour, sum(h.posts) as posts, sum(h.enquiries) as enquiries,
    (
        select count(*) from releases as r
        where r.withdrawn_at is null and r.released_at >= h.hour and r.released_at < h.hour + to_hours(1)
    ) as released
from claim_hours as h
where ($start is null or h.hour >= $start) and ($end is null or h.hour < $end)
group by h.hour
order by h.hour;
