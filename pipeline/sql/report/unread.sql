-- Grain: one row per source that refused us or whose last crawl did not end well: what the desk did not see.
select
    source,
    sum(refusals) as refusals,
    last(stopped_because order by started_at) as last_stopped_because
from crawls
group by source
having sum(refusals) > 0 or last(stopped_because order by started_at) not in ('finished', 'not modified', 'limit')
order by source;
