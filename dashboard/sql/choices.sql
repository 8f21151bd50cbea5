-- Grain: one row per platform and per script that a claim has, the most frequent first. Reader: the filters.
with named as (
    select 'platform' as kind, unnest(platforms) as name from claims
    union all
    select 'script' as kind, unnest(scripts) as name from claims
)
select kind, name, count(*) as claims
from named
where name is not null
group by kind, name
order by kind, claims desc, name;
