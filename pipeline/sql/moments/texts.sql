-- Grain: one row per observation of the posts in $posts, of two alike in crawl and time the one that stage collect takes.
-- Input: observations. Reader: the time machine. Texts are cut at $most characters.
select post_id, crawl_id, collected_at, left(text, $most) as text
from observations
where post_id in (select unnest($posts::varchar[]))
qualify row_number() over (
    partition by post_id, crawl_id, collected_at
    order by md5(concat_ws(
        chr(31), text, title, url, author_key, collector, source, platform, query, published_at, likes, reposts,
        replies, views, thread_id, parent_id, quoted_id, repost_of
    )) desc
) = 1;
