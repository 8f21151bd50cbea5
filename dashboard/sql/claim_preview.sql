-- Grain: one row: the posts of the claims of $ids together; $within keeps those of $wordings, or all others.
-- Inputs: claim_posts, posts. Reader: the preview of a merge or a split.
select
    count(*) as posts,
    count(distinct p.author_key) as authors,
    count(distinct c.variant_key) filter (where c.role in ('carries', 'repeats')) as wordings,
    list_sort(list(distinct p.platform)) as platforms,
    min(coalesce(p.published_at, p.collected_at)) as first_at,
    max(coalesce(p.published_at, p.collected_at)) as last_at
from claim_posts as c
join posts as p using (post_id)
where c.claim_id in (select unnest($ids::varchar[]))
  and ($within::boolean is null or $within::boolean = (c.variant_key in (select unnest($wordings::varchar[]))));
