-- Grain: one row per claim that has counts. Input: members. Reader: ranked_claims.
-- The best post's place among posts of its platform and age (under 1 h, 3 h, 12 h, 24 h, older): counts grow with age,
-- and one celebrity's million cannot be more than first. Unknown counts are unknown, not 0. The place is percent_rank():
-- posts with less over all others, worked out once per distinct count.
with aged as (
    select
        claim_no, platform, engaged,
        case
            when age_hours < 1 then 0 when age_hours < 3 then 1 when age_hours < 12 then 2 when age_hours < 24 then 3
            else 4
        end as age
    from members
    where is_engaged_known
),

steps as (
    select platform, age, engaged, count(*) as posts
    from aged
    group by platform, age, engaged
),

placed as (
    select
        platform, age, engaged,
        sum(posts) over (partition by platform, age order by engaged) - posts as below,
        sum(posts) over (partition by platform, age) - 1 as others
    from steps
),

best as (
    select claim_no, platform, age, max(engaged) as engaged
    from aged
    group by claim_no, platform, age
)

select b.claim_no, round(max(case when p.others > 0 then p.below / p.others else 0.0 end), 9) as engagement
from best as b
inner join placed as p on p.platform = b.platform and p.age = b.age and p.engaged = b.engaged
group by b.claim_no;
