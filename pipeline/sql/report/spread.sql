-- Grain: one row per platform and one per script: posts of claims first seen in the period. Parameters: $start, $end.
with seen as (
    select p.platform, n.script
    from claims as c
    inner join claim_posts as cp on cp.claim_id = c.claim_id
    inner join posts as p on p.post_id = cp.post_id
    inner join normalized_posts as n on n.post_id = p.post_id
    where ($start is null or c.first_at >= $start) and ($end is null or c.first_at < $end)
)

select 'platform' as kind, platform as name, count(*) as posts from seen group by platform
union all
select 'script' as kind, script as name, count(*) as posts from seen group by script
order by kind, posts desc, name;
