-- Grain: one row per claim. Inputs: members (claim_no, post_no, role, text_no, in_group, is_exemplar, platform, author_no,
-- script, posted_at). Reader: stage claims, which puts the words beside it. Claims, posts, texts and authors are numbers
-- here; posts are numbered by time and id. exemplar_no is the post of the group's most typical text, or the earliest
-- that asserts the claim; a claim known only by its corrections shows the earliest of them. Most claims are one post.
with sized as (
    select *, count(*) over (partition by claim_no) = 1 as is_single
    from members
),

several as (
    select
        claim_no,
        count(*) as post_count,
        count(*) filter (where role in ('carries', 'repeats') and in_group) as carrier_count,
        count(distinct text_no) filter (where role = 'carries') as variant_count,
        count(distinct author_no) as author_count,
        count(distinct platform) as platform_count,
        list_sort(list(distinct platform)) as platforms,
        list_sort(coalesce(list(distinct script) filter (where role in ('carries', 'repeats') and script <> 'none'), []))
            as scripts,
        min(posted_at) as first_at,
        max(posted_at) as last_at,
        coalesce(
            min(post_no) filter (where role in ('carries', 'repeats') and is_exemplar),
            min(post_no) filter (where role in ('carries', 'repeats') and in_group),
            min(post_no)
        ) as exemplar_no
    from sized
    where not is_single
    group by claim_no
),

single as (
    select
        claim_no,
        1 as post_count,
        (role in ('carries', 'repeats') and in_group)::bigint as carrier_count,
        (role = 'carries')::bigint as variant_count,
        (author_no is not null)::bigint as author_count,
        1 as platform_count,
        [platform] as platforms,
        case when role in ('carries', 'repeats') and script <> 'none' then [script] else [] end as scripts,
        posted_at as first_at,
        posted_at as last_at,
        post_no as exemplar_no
    from sized
    where is_single
)

select * from several
union all
select * from single
order by claim_no;
