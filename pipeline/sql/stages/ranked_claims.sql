-- Grain: one row per claim. Inputs: claim_posts, posts. Reader: everybody.
-- Parameters: $as_of, $window_minutes, $enquiry_weight, $scale.
-- Signals become ranks and are fused: points = weight * scale / (60 + rank), reciprocal-rank fusion after Cormack,
-- Clarke and Büttcher (SIGIR 2009), k = 60. Enquiry share after Zhao, Resnick and Mei (WWW 2015), as the lower
-- bound of Wilson's interval (z = 1.96), posts that correct left out. Veracity is no signal.
with members as (
    select
        c.claim_id, c.role, c.asks, p.platform, p.author_key, p.posted_at, p.posted_at <= $as_of as is_known,
        coalesce(p.likes, 0)::double + coalesce(p.reposts, 0) + coalesce(p.replies, 0) as engaged,
        coalesce(p.likes, p.reposts, p.replies) is not null as is_engaged_known
    from claim_posts as c
    inner join posts as p on p.post_id = c.post_id
),

known as (
    select * from members where is_known
),

engagement as (
    select claim_id, max(percentile) as engagement
    from (
        select claim_id, percent_rank() over (partition by platform order by engaged) as percentile
        from known
        where is_engaged_known
    )
    group by claim_id
),

-- every claim has a row: one whose posts all lie after $as_of has nothing to show for it yet
counted as (
    select
        m.claim_id,
        count(*) filter (where m.is_known) as posts,
        count(*) filter (where m.is_known and m.posted_at > $as_of - to_minutes($window_minutes)) as recent_posts,
        count(*) filter (
            where m.posted_at > $as_of - 2 * to_minutes($window_minutes)
            and m.posted_at <= $as_of - to_minutes($window_minutes)
        ) as previous_posts,
        count(*) filter (where m.posted_at <= $as_of - to_minutes($window_minutes)) as earlier_posts,
        greatest(1, ceil(
            (epoch($as_of) - epoch(min(m.posted_at))) / 60.0 / $window_minutes - 1
        )) as earlier_windows,
        count(*) filter (where m.is_known and m.asks and m.role <> 'corrects') as enquiries,
        count(*) filter (where m.is_known and m.role = 'corrects') as corrections,
        count(distinct m.platform) filter (where m.is_known) as platforms,
        count(distinct m.author_key) filter (where m.is_known) as authors
    from members as m
    group by m.claim_id
),

shares as (
    select
        *,
        earlier_posts / earlier_windows as usual_posts,
        posts - corrections as asked_among,
        case when posts > corrections then enquiries / (posts - corrections) else 0.0 end as share
    from counted
),

-- rounded, so that a last bit of floating point decides nothing
signals as (
    select
        claim_id, recent_posts, previous_posts,
        round(ln((recent_posts + 3) / (previous_posts + 3)), 9) as growth,
        round((recent_posts - usual_posts) / sqrt(usual_posts + 1), 9) as burst,
        case
            when enquiries = 0 or asked_among = 0 then 0.0
            else round(
                (
                    share + 3.8416 / (2 * asked_among)
                    - 1.96 * sqrt(share * (1 - share) / asked_among + 3.8416 / (4 * asked_among * asked_among))
                ) / (1 + 3.8416 / asked_among), 9
            )
        end as enquiry_share,
        round(platforms + authors / greatest(posts, 1), 9) as spread,
        round(coalesce(engagement, 0.0), 9) as engagement,
        case when posts > 0 then round(1.0 - corrections / posts, 9) else 0.0 end as debunk_gap
    from shares
    left join engagement using (claim_id)
),

placed as (
    select
        *,
        rank() over (order by growth desc) as growth_rank,
        rank() over (order by burst desc) as burst_rank,
        rank() over (order by enquiry_share desc) as enquiry_rank,
        rank() over (order by spread desc) as spread_rank,
        rank() over (order by engagement desc) as engagement_rank,
        rank() over (order by debunk_gap desc) as debunk_gap_rank
    from signals
),

-- a signal that is not there adds nothing, however many claims lack it too
pointed as (
    select
        *,
        case when growth > 0 then round($scale / (60 + growth_rank), 3) else 0.0 end as growth_points,
        case when burst > 0 then round($scale / (60 + burst_rank), 3) else 0.0 end as burst_points,
        case when enquiry_share > 0 then round($enquiry_weight * $scale / (60 + enquiry_rank), 3) else 0.0 end
            as enquiry_points,
        case when spread > 0 then round($scale / (60 + spread_rank), 3) else 0.0 end as spread_points,
        case when engagement > 0 then round($scale / (60 + engagement_rank), 3) else 0.0 end as engagement_points,
        case when debunk_gap > 0 then round($scale / (60 + debunk_gap_rank), 3) else 0.0 end as debunk_gap_points
    from placed
),

scored as (
    select
        *,
        round(
            growth_points + burst_points + enquiry_points + spread_points + engagement_points + debunk_gap_points, 3
        ) as score
    from pointed
)

select
    claim_id,
    row_number() over (order by score desc, recent_posts desc, claim_id) as rank,
    score, $as_of as as_of, recent_posts, previous_posts, growth, burst, enquiry_share, spread, engagement,
    debunk_gap, growth_points, burst_points, enquiry_points, spread_points, engagement_points, debunk_gap_points
from scored
order by rank;
