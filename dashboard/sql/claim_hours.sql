-- Grain: one row per claim of $ids and hour. Input: claim_hours (per platform). Readers: spark lines, timeline.
select
    claim_id,
    hour,
    sum(posts)::bigint as posts,
    sum(enquiries)::bigint as enquiries,
    sum(corrections)::bigint as corrections
from claim_hours
where claim_id in (select unnest($ids::varchar[]))
  and ($since::timestamptz is null or hour >= $since::timestamptz)
group by claim_id, hour
order by claim_id, hour;
