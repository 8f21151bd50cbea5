-- Grain: one row per post of a claim, one page of them. Inputs: claim_posts, posts, normalized_posts.
-- Reader: claim page. $role is null (all), a role, or 'asks'. Texts are cut at $most characters.
with chosen as (
    select *
    from claim_posts
    where claim_id = $claim_id
      and ($role::varchar is null or role = $role::varchar or ($role::varchar = 'asks' and asks))
)
select
    c.post_id,
    c.role,
    c.joined_by,
    c.asks,
    c.similarity,
    p.platform,
    p.source,
    left(p.title, 300) as title,
    left(p.text, $most) as text,
    coalesce(length(p.text), 0) as text_length,
    n.script,
    n.foldings,
    p.url,
    p.author_key,
    p.published_at,
    p.published_precision,
    p.collected_at,
    p.likes,
    p.reposts,
    p.replies,
    p.views,
    p.counts_precision,
    p.media
from chosen as c
join posts as p using (post_id)
left join normalized_posts as n using (post_id)
order by
    case when $newest then coalesce(p.published_at, p.collected_at) end desc nulls last,
    coalesce(p.published_at, p.collected_at),
    c.post_id
limit $rows offset $start;
