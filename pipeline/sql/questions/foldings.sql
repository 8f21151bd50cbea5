-- Spellings that were read as other words for matching, with the reason, how many posts hold them, and one of those posts.
-- $least = 1: posts that must hold a spelling
with read as (
    select
        post_id,
        unnest(foldings) as folding
    from normalized_posts
)

select
    r.folding,
    count(distinct r.post_id) as posts,
    min(p.text) as example
from read as r
inner join posts as p on p.post_id = r.post_id
group by r.folding
having count(distinct r.post_id) >= $least
order by posts desc, r.folding;
