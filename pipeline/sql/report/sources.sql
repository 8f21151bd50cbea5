-- Grain: one row per source that was crawled in the period: what it refused, and how its crawls ended.
-- Parameters: $start, $end (null: open).
select
    source,
    sum(refusals)::bigint as refusals,
    count(*) filter (where stopped_because in ('finished', 'not modified', 'limit')) as good_crawls,
    count(*) filter (where stopped_because not in ('finished', 'not modified', 'limit', 'stopped')) as bad_crawls
from crawls
where ($start is null or started_at >= $start) and ($end is null or started_at < $end)
group by source
order by source;
