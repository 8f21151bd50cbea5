-- How each source was last read: what it gave, what it refused, and why it stopped.
select
    source, max(started_at) as last_started, count(*) as crawls, sum(posts) as observations,
    sum(refusals) as refusals, sum(rejects) as rejects,
    last(stopped_because order by started_at) as last_stopped_because,
    last(detail order by started_at) as last_detail
from crawls
group by source
order by source;
