-- Per platform: on how many claims it was first, and how many it told at all.
with told as (
    select
        cp.claim_id, p.platform,
        row_number() over (partition by cp.claim_id order by p.posted_at, p.post_id) as place
    from claim_posts as cp
    inner join posts as p on p.post_id = cp.post_id
    where cp.role in ('carries', 'repeats')
)

select
    platform,
    count(distinct claim_id) filter (where place = 1) as first_on,
    count(distinct claim_id) as told
from told
group by platform
order by first_on desc, platform;
