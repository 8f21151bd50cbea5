-- Grain: one row per claim. Inputs: claim_ids (claim_id, claim_no), weights (signal, family, weight, is_lasting), and the results of sql/signals:
-- volume, spread, engagement, speech, content, kinship; assessed (claim_id, harm) and reactions (claim_id, reactions). Reader: everybody. Parameters: $as_of, $scale, $linear.
-- Signals become places among the claims and are fused: points = weight * scale / (60 + place), reciprocal-rank fusion
-- after Cormack, Clarke and Büttcher (SIGIR 2009), k = 60; or, with learned weights ($linear), points = weight * scale
-- / 60 * percentile. Points of lasting signals are multiplied by freshness, so that a dying claim sinks; those of what is
-- said (family content) by newness, which one new voice fills. A signal that is not there adds nothing. Veracity is no
-- signal.
with wide as (
    select
        i.claim_id, i.claim_no,
        coalesce(s.recent_posts, 0) as recent_posts, coalesce(s.previous_posts, 0) as previous_posts,
        coalesce(v.recent_voices, 0) as recent_voices, coalesce(v.previous_voices, 0) as previous_voices,
        coalesce(v.freshness, 0.0) as freshness, coalesce(v.newness, 0.0) as newness,
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
        c.checkworthy, coalesce(a.harm, c.harm) as harm, a.harm is not null as harm_assessed,
        coalesce(c.harms, []) as harms, c.nearness,
        k.kinship, x.reactions
    from claim_ids as i
    left join volume as v on v.claim_no = i.claim_no
    left join spread as s on s.claim_no = i.claim_no
    left join engagement as e on e.claim_no = i.claim_no
    left join speech as p on p.claim_no = i.claim_no
    left join content as c on c.claim_id = i.claim_id
    left join assessed as a on a.claim_id = i.claim_id
    left join kinship as k on k.claim_id = i.claim_id
    left join reactions as x on x.claim_id = i.claim_id
),

-- what orders the claims in each signal: percentiles inside the platform where the signal has them
long as (
    unpivot (
        select
            claim_no, freshness, newness,
            volume_percentile as volume, growth_percentile as growth, burst_percentile as burst,
            spread, jump, coalesce(engagement, 0.0) as engagement, enquiry_share as enquiry, debunk_gap,
            coalesce(checkworthy, 0.0) as checkworthy, coalesce(harm, 0.0) as harm, coalesce(nearness, 0.0) as nearness,
            coalesce(kinship, 0.0) as kinship, coalesce(reactions, 0.0) as reactions
        from wide
    )
    on
        volume, growth, burst, spread, jump, engagement, enquiry, debunk_gap, checkworthy, harm, nearness, kinship,
        reactions
    into name signal value value
),

-- the share of claims that have no more follows from the place; what is not there has neither
placed as (
    select
        claim_no, signal, freshness, newness,
        rank() over (partition by signal order by value desc) as place,
        1 - (place - 1) / (select count(*) from claim_ids) as percentile
    from long
    where value > 0
),

pointed as (
    select
        l.claim_no, l.signal,
        round(
            w.weight * $scale * case when $linear then l.percentile / 60 else 1 / (60 + l.place) end
            * case when not w.is_lasting then 1.0 when w.family = 'content' then l.newness else l.freshness end, 3
        ) + 0.0 as points
    from placed as l
    inner join weights as w on w.signal = l.signal
),

wide_points as (
    select
        i.claim_no,
        coalesce(max(p.points) filter (where p.signal = 'volume'), 0.0) as volume_points,
        coalesce(max(p.points) filter (where p.signal = 'growth'), 0.0) as growth_points,
        coalesce(max(p.points) filter (where p.signal = 'burst'), 0.0) as burst_points,
        coalesce(max(p.points) filter (where p.signal = 'spread'), 0.0) as spread_points,
        coalesce(max(p.points) filter (where p.signal = 'jump'), 0.0) as jump_points,
        coalesce(max(p.points) filter (where p.signal = 'engagement'), 0.0) as engagement_points,
        coalesce(max(p.points) filter (where p.signal = 'enquiry'), 0.0) as enquiry_points,
        coalesce(max(p.points) filter (where p.signal = 'debunk_gap'), 0.0) as debunk_gap_points,
        coalesce(max(p.points) filter (where p.signal = 'checkworthy'), 0.0) as checkworthy_points,
        coalesce(max(p.points) filter (where p.signal = 'harm'), 0.0) as harm_points,
        coalesce(max(p.points) filter (where p.signal = 'nearness'), 0.0) as nearness_points,
        coalesce(max(p.points) filter (where p.signal = 'kinship'), 0.0) as kinship_points,
        coalesce(max(p.points) filter (where p.signal = 'reactions'), 0.0) as reactions_points
    from claim_ids as i
    left join pointed as p on p.claim_no = i.claim_no
    group by i.claim_no
),

scored as (
    select
        w.*, p.* exclude (claim_no),
        round(
            volume_points + growth_points + burst_points + spread_points + jump_points + engagement_points
            + enquiry_points + debunk_gap_points + checkworthy_points + harm_points + nearness_points
            + kinship_points + reactions_points, 3
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
