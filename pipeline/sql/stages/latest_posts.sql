-- Grain: one row per post, its latest observation. Inputs: observations. Reader: stage collect.
-- Ties between crawls of the same moment go to the larger crawl_id, so that the order of files never matters.
with ranked as (
    select
        *,
        row_number() over (
            partition by post_id order by collected_at desc, crawl_id desc, md5(text) desc
        ) as newest,
        min(collected_at) over (partition by post_id) as first_collected_at,
        count(*) over (partition by post_id) as observation_count
    from observations
)

select * exclude (newest)
from ranked
where newest = 1
order by coalesce(published_at, collected_at), post_id;
