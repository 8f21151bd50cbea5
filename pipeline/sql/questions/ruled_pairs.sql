-- Pairs of posts that people confirmed or rejected as one claim, with their texts; the last ruling on a pair counts.
select
    l.text as text_a,
    r.text as text_b,
    last(m.kind order by m.ruling_id) = 'must' as confirmed,
    max(m.ruling_id) as ruling_id
from match_rulings as m
inner join posts as l on l.post_id = m.left_post
inner join posts as r on r.post_id = m.right_post
group by m.left_post, m.right_post, l.text, r.text
order by ruling_id;
