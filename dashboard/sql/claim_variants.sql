-- Grain: one row per distinct normalized text of a claim's carriers, the most frequent first.
-- Inputs: claim_posts, posts, normalized_posts. Reader: claim page. text is the earliest post's, verbatim, cut at $most.
with told as (
    select
        c.variant_key,
        c.post_id,
        p.platform,
        n.script,
        p.author_key,
        coalesce(p.published_at, p.collected_at) as said_at,
        left(p.text, $most) as text
    from claim_posts as c
    join posts as p using (post_id)
    left join normalized_posts as n using (post_id)
    where c.claim_id = $claim_id and c.role in ('carries', 'repeats') and c.variant_key is not null
)
select
    variant_key,
    count(*) as posts,
    min(said_at) as first_at,
    list_sort(list(distinct platform)) as platforms,
    arg_min(text, (said_at, post_id)) as text,
    arg_min(post_id, (said_at, post_id)) as first_post,
    arg_min(platform, (said_at, post_id)) as first_platform,
    arg_min(script, (said_at, post_id)) as script,
    arg_min(author_key, (said_at, post_id)) as author_key
from told
group by variant_key
having text <> ''
order by posts desc, first_at, variant_key
limit $rows;
