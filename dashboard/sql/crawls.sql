-- Grain: one row per crawl or import, the newest first, at most $rows. Input: crawls. Reader: run health.
select
    crawl_id, source, collector, started_at, finished_at, pages, posts, rejects, refusals, bytes, stopped_because,
    left(detail, 500) as detail
from crawls
order by started_at desc nulls last, crawl_id
limit $rows;
