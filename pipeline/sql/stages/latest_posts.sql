-- Grain: one row per post, its latest observation. Inputs: observations. Reader: stage collect.
-- Parameter: $as_of (null: everything we hold). With it, only what was known then counts: observations made later
-- are left out, and where all are later (an archive imported since), the post counts without its counts.
-- A time, title, address or link that a later observation no longer shows is kept from the earlier one; and so is a
-- text that a later one only begins ("…" at its end): lists cut long posts, and the request for the rest can be refused.
-- Most posts were observed once: they need no windows, which cost the most here.
with repeated as (
    select post_id
    from observations
    group by post_id
    having count(*) > 1
),

eligible as (
    select
        *,
        coalesce(collected_at > $as_of::timestamptz, false) as is_later,
        md5(concat_ws(
            chr(31), text, title, url, author_key, collector, source, platform, query, published_at, likes, reposts,
            replies, views, thread_id, parent_id, quoted_id, repost_of
        )) as fingerprint
    from observations
    where post_id in (select post_id from repeated)
        and coalesce(least(coalesce(published_at, collected_at), collected_at) <= $as_of::timestamptz, true)
),

known as (
    select * from eligible
    qualify not is_later or bool_and(is_later) over (partition by post_id)
),

filled as (
    select
        * replace (
            last_value(published_at ignore nulls) over seen as published_at,
            last_value(case when published_at is not null then published_precision end ignore nulls) over seen
                as published_precision,
            last_value(url ignore nulls) over seen as url,
            last_value(author_key ignore nulls) over seen as author_key,
            last_value(title ignore nulls) over seen as title,
            last_value(thread_id ignore nulls) over seen as thread_id,
            last_value(parent_id ignore nulls) over seen as parent_id,
            last_value(quoted_id ignore nulls) over seen as quoted_id,
            last_value(repost_of ignore nulls) over seen as repost_of,
            case when not is_later then last_value(likes ignore nulls) over seen end as likes,
            case when not is_later then last_value(reposts ignore nulls) over seen end as reposts,
            case when not is_later then last_value(replies ignore nulls) over seen end as replies,
            case when not is_later then last_value(views ignore nulls) over seen end as views
        ),
        row_number() over (
            partition by post_id order by collected_at desc, crawl_id desc, fingerprint desc
        ) as newest,
        min(collected_at) over (partition by post_id) as first_collected_at,
        count(*) over (partition by post_id) as observation_count
    from known
    window seen as (
        partition by post_id order by collected_at, crawl_id, fingerprint
        rows between unbounded preceding and unbounded following
    )
),

latest as (
    select * from filled
    where newest = 1
),

whole as (
    select
        c.post_id,
        arg_max(k.text, row(not suffix(k.text, '…'), k.collected_at, k.crawl_id, k.fingerprint)) as text,
        arg_max(k.links, row(not suffix(k.text, '…'), k.collected_at, k.crawl_id, k.fingerprint)) as links
    from latest as c
    inner join known as k using (post_id)
    where suffix(c.text, '…') and starts_with(k.text, rtrim(c.text, '…')) and length(k.text) > length(c.text)
    group by c.post_id
),

several as (
    select
        c.* exclude (newest, is_later, fingerprint)
            replace (coalesce(w.text, c.text) as text, coalesce(w.links, c.links) as links)
    from latest as c
    left join whole as w using (post_id)
),

once as (
    select
        * replace (
            case when published_at is not null then published_precision end as published_precision,
            case when coalesce(collected_at <= $as_of::timestamptz, true) then likes end as likes,
            case when coalesce(collected_at <= $as_of::timestamptz, true) then reposts end as reposts,
            case when coalesce(collected_at <= $as_of::timestamptz, true) then replies end as replies,
            case when coalesce(collected_at <= $as_of::timestamptz, true) then views end as views
        ),
        collected_at as first_collected_at,
        1 as observation_count
    from observations
    where post_id not in (select post_id from repeated)
        and coalesce(least(coalesce(published_at, collected_at), collected_at) <= $as_of::timestamptz, true)
),

every as (
    select * from several
    union all by name
    select * from once
)

select *, least(coalesce(published_at, first_collected_at), first_collected_at) as posted_at
from every
order by posted_at, post_id;
