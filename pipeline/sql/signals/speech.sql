-- Grain: one row per claim. Input: voices. Reader: ranked_claims.
-- enquiry_share: lower bound of Wilson's interval (z = 1.96) of the share of voices that ask whether it is true, voices
-- that correct left out; signal after Zhao, Resnick and Mei (WWW 2015). debunk_gap: the same bound of the share of
-- voices that do not correct it: it grows with what nobody has answered.
with counted as (
    select
        claim_no,
        count(*) as voices,
        count(*) filter (where asks) as enquirers,
        count(*) filter (where asks_now) as recent_enquirers,
        count(*) filter (where tells) as others,
        count(*) filter (where corrects) as correctors
    from voices
    group by claim_no
),

shares as (
    select
        *,
        case when others > 0 then enquirers / others else 0.0 end as asking,
        greatest(0, voices - correctors) / voices as silent
    from counted
)

select
    claim_no, enquirers, recent_enquirers, correctors,
    case
        when enquirers = 0 then 0.0
        else round((
            asking + 3.8416 / (2 * others)
            - 1.96 * sqrt(asking * (1 - asking) / others + 3.8416 / (4 * others * others))
        ) / (1 + 3.8416 / others), 9)
    end as enquiry_share,
    case
        when silent = 0 then 0.0
        else round((
            silent + 3.8416 / (2 * voices)
            - 1.96 * sqrt(silent * (1 - silent) / voices + 3.8416 / (4 * voices * voices))
        ) / (1 + 3.8416 / voices), 9)
    end as debunk_gap
from shares;
