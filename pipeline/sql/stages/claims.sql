-- Grain: one row per claim. Inputs: claim_posts, posts, normalized_posts, text_groups,
-- claim_conflicts (claim_id, conflict_ids). Reader: the dashboard's list and claim page.
with members as (
    select
        c.claim_id, c.role, c.variant_key, p.post_id, p.platform, p.author_key, n.script, p.posted_at
    from claim_posts as c
    inner join posts as p on p.post_id = c.post_id
    inner join normalized_posts as n on n.post_id = c.post_id
),

asserting as (
    select * from members where role in ('carries', 'repeats') and variant_key in (select text_key from text_groups)
),

exemplars as (
    select
        a.claim_id,
        first(a.post_id order by g.is_exemplar desc, a.posted_at, a.post_id) as exemplar_post_id,
        first(g.keywords order by g.is_exemplar desc, a.posted_at, a.post_id) as keywords,
        first(g.weakest_link order by g.is_exemplar desc, a.posted_at, a.post_id) as weakest_link
    from asserting as a
    inner join text_groups as g on g.text_key = a.variant_key
    group by a.claim_id
),

-- a claim known only by its corrections shows the earliest of them
all_exemplars as (
    select
        m.claim_id,
        coalesce(any_value(e.exemplar_post_id), first(m.post_id order by m.posted_at, m.post_id)) as exemplar_post_id,
        any_value(e.keywords) as keywords,
        any_value(e.weakest_link) as weakest_link
    from members as m
    left join exemplars as e on e.claim_id = m.claim_id
    group by m.claim_id
),

counted as (
    select
        claim_id,
        count(*) as post_count,
        count(*) filter (where role in ('carries', 'repeats') and variant_key in (select text_key from text_groups))
            as carrier_count,
        count(distinct variant_key) filter (where role = 'carries') as variant_count,
        count(distinct author_key) as author_count,
        count(distinct platform) as platform_count,
        list_sort(list(distinct platform)) as platforms,
        list_sort(coalesce(list(distinct script) filter (where role in ('carries', 'repeats') and script <> 'none'), []))
            as scripts,
        min(posted_at) as first_at,
        max(posted_at) as last_at
    from members
    group by claim_id
)

select
    c.claim_id, e.exemplar_post_id, left(p.text, 10000) as exemplar_text, n.script as exemplar_script,
    c.post_count, c.carrier_count, c.variant_count, c.author_count, c.platform_count, c.platforms, c.scripts,
    c.first_at, c.last_at, coalesce(e.keywords, []) as keywords, e.weakest_link,
    coalesce(k.conflict_ids, []) as conflict_ids
from counted as c
inner join all_exemplars as e on e.claim_id = c.claim_id
inner join posts as p on p.post_id = e.exemplar_post_id
inner join normalized_posts as n on n.post_id = e.exemplar_post_id
left join claim_conflicts as k on k.claim_id = c.claim_id
order by c.claim_id;
