-- Grain: one row per claim. Inputs: members, voices. Reader: ranked_claims.
-- spread = (platforms - 1) + ln(1 + communities) + voices per post: a text pasted by one account spreads little.
-- A community is a source card: a board, a channel, a forum. jump counts communities reached in the last window by a
-- claim that began elsewhere before (diffusion across communities: Liu and Wu, AAAI 2018, use propagation paths).
with communities as (
    select claim_no, platform, community, min(posted_at) as first_at, max(window_no) as first_window
    from members
    group by claim_no, platform, community
),

starts as (
    select claim_no, max(first_window) as first_window, first(platform order by first_at, platform, community) as origin
    from communities
    group by claim_no
),

jumps as (
    select
        c.claim_no,
        count(distinct c.platform) as platforms,
        count(distinct c.community) as communities,
        any_value(s.origin) as origin,
        count(*) filter (where c.first_window = 0 and s.first_window > 0) as jump,
        list_sort(coalesce(list(distinct c.platform) filter (
            where c.first_window = 0 and s.first_window > 0
        ), [])) as jumped_to
    from communities as c
    inner join starts as s on s.claim_no = c.claim_no
    group by c.claim_no
),

counted as (
    select
        claim_no,
        count(*) as posts,
        count(*) filter (where window_no = 0) as recent_posts,
        count(*) filter (where window_no = 1) as previous_posts,
        count(*) filter (where role in ('carries', 'repeats')) as told,
        count(distinct wording) filter (where role in ('carries', 'repeats')) as wordings
    from members
    group by claim_no
),

spoken as (
    select claim_no, count(*) as voices
    from voices
    group by claim_no
)

select
    c.claim_no, c.posts, c.recent_posts, c.previous_posts, j.platforms, j.communities, v.voices,
    case when c.told > 0 then round(1 - c.wordings / c.told, 6) end as copy_share,
    round(j.platforms - 1 + ln(1 + j.communities) + v.voices / c.posts, 9) as spread,
    j.jump, j.jumped_to, j.origin
from counted as c
inner join jumps as j on j.claim_no = c.claim_no
inner join spoken as v on v.claim_no = c.claim_no;
