-- Grain: one row per claim. Inputs: claim_ids (claim_id, claim_no), weights (signal, weight, is_lasting), and the results of sql/signals:
-- volume, spread, engagement, speech, content, kinship. Reader: everybody. Parameters: $as_of, $scale, $linear.
-- Signals become places among the claims and are fused: points = weight * scale / (60 + place), reciprocal-rank fusion
-- after Cormack, Clarke and Büttcher (SIGIR 2009), k = 60; or, with learned weights ($linear), points = weight * scale
-- / 60 * percentile. Points of lasting signals are multiplied by freshness, so that a dying claim sinks. A signal that is
-- not there adds nothing. Veracity is no signal.
with wide as (
    select
        i.claim_id, i.claim_no,
        coalesce(s.recent_posts, 0) as recent_posts, coalesce(s.previous_posts, 0) as previous_posts,
        coalesce(v.recent_voices, 0) as recent_voices, coalesce(v.previous_voices, 0) as previous_voices,
        coalesce(v.freshness, 0.0) as freshness,
        coalesce(v.volume, 0)::double as volume, coalesce(v.growth, 0.0) as growth, coalesce(v.burst, 0.0) as burst,
        coalesce(v.volume_percentile, 0.0) as volume_percentile,
        coalesce(v.growth_percentile, 0.0) as growth_percentile,
        coalesce(v.burst_percentile, 0.0) as burst_percentile,
        coalesce(s.platforms, 0) as platforms, coalesce(s.communities, 0) as communities,
        coalesce(s.voices, 0) as voices, s.copy_share, coalesce(s.spread, 0.0) as spread,
        coalesce(s.jump, 0)::double as jump, coalesce(s.jumped_to, []) as jumped_to, s.origin,
        e.engagement,
        coalesce(p.enquirers, 0) as enquirers, coalesce(p.recent_enquirers, 0) as recent_enquirers,
        coalesce(p.correctors, 0) as correctors,
        coalesce(p.enquiry_share, 0.0) as enquiry_share, coalesce(p.debunk_gap, 0.0) as debunk_gap,
        c.checkworthy, c.harm, coalesce(c.harms, []) as harms, c.nearness,
        k.kinship
    from claim_ids as i
    left join volume as v on v.claim_no = i.claim_no
    left join spread as s on s.claim_no = i.claim_no
    left join engagement as e on e.claim_no = i.claim_no
    left join speech as p on p.claim_no = i.claim_no
    left join content as c on c.claim_id = i.claim_id
    left join kinship as k on k.claim_id = i.claim_id
),

-- what orders the claims in each signal: percentiles inside the platform where the signal has them
long as (
    unpivot (
        select
            claim_no, freshness,
            volume_percentile as volume, growth_percentile as growth, burst_percentile as burst,
            spread, jump, coalesce(engagement, 0.0) as engagement, enquiry_share as enquiry, debunk_gap,
            coalesce(checkworthy, 0.0) as checkworthy, coalesce(harm, 0.0) as harm, coalesce(nearness, 0.0) as nearness,
            coalesce(kinship, 0.0) as kinship
        from wide
    )
    on volume, growth, burst, spread, jump, engagement, enquiry, debunk_gap, checkworthy, harm, nearness, kinship
    into name signal value value
),

placed as (
    select
        claim_no, signal, freshness, value,
        rank() over (partition by signal order by value desc) as place,
        cume_dist() over (partition by signal order by value) as percentile
    from long
),

pointed as (
    select
        l.claim_no, l.signal,
        case
            when l.value <= 0 then 0.0
            else round(
                w.weight * $scale * case when $linear then l.percentile / 60 else 1 / (60 + l.place) end
                * case when w.is_lasting then l.freshness else 1.0 end, 3
            ) + 0.0
        end as points
    from placed as l
    inner join weights as w on w.signal = l.signal
),

wide_points as (
    select
        claim_no,
        max(points) filter (where signal = 'volume') as volume_points,
        max(points) filter (where signal = 'growth') as growth_points,
        max(points) filter (where signal = 'burst') as burst_points,
        max(points) filter (where signal = 'spread') as spread_points,
        max(points) filter (where signal = 'jump') as jump_points,
        max(points) filter (where signal = 'engagement') as engagement_points,
        max(points) filter (where signal = 'enquiry') as enquiry_points,
        max(points) filter (where signal = 'debunk_gap') as debunk_gap_points,
        max(points) filter (where signal = 'checkworthy') as checkworthy_points,
        max(points) filter (where signal = 'harm') as harm_points,
        max(points) filter (where signal = 'nearness') as nearness_points,
        max(points) filter (where signal = 'kinship') as kinship_points
    from pointed
    group by claim_no
),

scored as (
    select
        w.*, p.* exclude (claim_no),
        round(
            volume_points + growth_points + burst_points + spread_points + jump_points + engagement_points
            + enquiry_points + debunk_gap_points + checkworthy_points + harm_points + nearness_points
            + kinship_points, 3
        ) + 0.0 as score
    from wide as w
    inner join wide_points as p on p.claim_no = w.claim_no
)

select
    * exclude (claim_no, volume_percentile, growth_percentile, burst_percentile),
    row_number() over (order by score desc, recent_voices desc, claim_id) as rank,
    $as_of as as_of
from scored
order by rank;
