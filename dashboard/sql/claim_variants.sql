-- Grain: one row per distinct normalized text of a claim's carriers, the most frequent first.
-- Inputs: claim_posts, posts, texts. Reader: claim page. Texts are cut at $most characters.
with counted as (
    select
        c.variant_key,
        count(*) as posts,
        min(coalesce(p.published_at, p.collected_at)) as first_at,
        list_sort(list(distinct p.platform)) as platforms
    from claim_posts as c
    join posts as p using (post_id)
    where c.claim_id = $claim_id and c.role in ('carries', 'repeats') and c.variant_key is not null
    group by c.variant_key
)
select v.variant_key, v.posts, v.first_at, v.platforms, left(t.match_text, $most) as match_text
from counted as v
join texts as t on t.text_key = v.variant_key
where t.match_text <> ''
order by v.posts desc, v.first_at, v.variant_key
limit $rows;
