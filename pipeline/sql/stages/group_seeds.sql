-- Grain: one row per group with its earliest post, from which a new claim id is made.
-- Input: group_posts (post_no, group_no, is_own). Reader: stage claims.
select group_no, min(post_no) as post_no
from group_posts
where is_own
group by group_no
order by group_no;
