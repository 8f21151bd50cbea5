-- Claims told in more than one script or language, with when each script first had them.
-- $most = 50: how many claims
with first_told as (
    select cp.claim_id, n.script, min(p.posted_at) as first_at, count(*) as tellings
    from claim_posts as cp
    inner join posts as p on p.post_id = cp.post_id
    inner join normalized_posts as n on n.post_id = cp.post_id
    where cp.role in ('carries', 'repeats') and n.script in ('hans', 'hant', 'yue', 'en')
    group by cp.claim_id, n.script
)

select
    claim_id,
    list(script order by first_at, script) as scripts_in_order,
    sum(tellings)::bigint as tellings,
    date_diff('minute', min(first_at), max(first_at)) as minutes_to_cross
from first_told
group by claim_id
having count(*) > 1
order by tellings desc, claim_id
limit $most;
