-- Grain: one row per claim. Inputs: members, voices, rhythm. Reader: ranked_claims. Parameter: $window_minutes.
-- Counted in voices, each once per window and platform. growth = ln((last + 3) / (before + 3)); burst = (last - mean of
-- earlier windows) / sqrt(mean + 1), both counts divided by the platform's pace at that hour (PEERS 5.3, after the
-- z-scores of trend detection; no precision of either was ever published for rumors). Percentiles are taken among the
-- claims of a platform, shrunk where a platform has few, and the best platform counts: one is enough to notice.
with heard as (
    select
        m.claim_no, m.platform, m.voice, m.window_no,
        min(m.age_hours) as age_hours,
        max(1.0 / coalesce(r.pace, 1.0)) as weight
    from members as m
    left join rhythm as r on r.platform = m.platform and r.hour_of_day = hour(m.posted_at)
    group by m.claim_no, m.platform, m.voice, m.window_no
),

counted as (
    select
        claim_no, platform,
        count(*) filter (where window_no = 0) as recent,
        count(*) filter (where window_no = 1) as previous,
        coalesce(sum(weight) filter (where window_no = 0), 0) as recent_paced,
        coalesce(sum(weight) filter (where window_no > 0), 0) / greatest(1, max(window_no)) as usual
    from heard
    group by claim_no, platform
),

valued as (
    select
        claim_no, platform, recent as volume,
        round(ln((recent + 3) / (previous + 3)), 9) as growth,
        round((recent_paced - usual) / sqrt(usual + 1), 9) as burst
    from counted
),

placed as (
    select
        claim_no,
        count(*) over (partition by platform) / (count(*) over (partition by platform) + 10) as trust,
        case when volume > 0 then cume_dist() over (partition by platform order by volume) end as volume_place,
        case when growth > 0 then cume_dist() over (partition by platform order by growth) end as growth_place,
        case when burst > 0 then cume_dist() over (partition by platform order by burst) end as burst_place
    from valued
),

places as (
    select
        claim_no,
        round(coalesce(max(volume_place * trust), 0), 9) as volume_percentile,
        round(coalesce(max(growth_place * trust), 0), 9) as growth_percentile,
        round(coalesce(max(burst_place * trust), 0), 9) as burst_percentile
    from placed
    group by claim_no
),

whole as (
    select
        claim_no,
        max(growth) as growth,
        max(burst) as burst
    from valued
    group by claim_no
),

fresh as (
    select
        claim_no,
        -- three voices of now, or more that are older: a window halves each
        round(least(1.0, sum(pow(0.5, age_hours * 60 / $window_minutes)) / 3), 6) as freshness,
        -- its newest voice alone: what is said is as grave in the mouth of one
        round(pow(0.5, min(age_hours) * 60 / $window_minutes), 6) as newness
    from heard
    group by claim_no
),

spoken as (
    select
        claim_no,
        count(*) filter (where is_recent) as recent_voices,
        count(*) filter (where is_previous) as previous_voices
    from voices
    group by claim_no
)

select
    v.claim_no, v.recent_voices, v.previous_voices, f.freshness, f.newness, v.recent_voices as volume, w.growth, w.burst,
    p.volume_percentile, p.growth_percentile, p.burst_percentile
from spoken as v
inner join fresh as f on f.claim_no = v.claim_no
inner join whole as w on w.claim_no = v.claim_no
inner join places as p on p.claim_no = v.claim_no;
