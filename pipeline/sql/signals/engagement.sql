-- Grain: one row per claim that has counts. Input: members. Reader: ranked_claims.
-- The best post's place among posts of its platform and age (under 1 h, 3 h, 12 h, 24 h, older): counts grow with age,
-- and one celebrity's million cannot be more than first. Unknown counts are unknown, not 0.
select claim_no, round(max(percentile), 9) as engagement
from (
    select
        claim_no,
        percent_rank() over (
            partition by platform, case
                when age_hours < 1 then 0 when age_hours < 3 then 1 when age_hours < 12 then 2 when age_hours < 24 then 3
                else 4
            end
            order by engaged
        ) as percentile
    from members
    where is_engaged_known
)
group by claim_no;
