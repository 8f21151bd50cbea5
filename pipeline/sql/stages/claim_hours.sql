-- Grain: one row per claim, hour and platform. Inputs: members, claim_ids. Readers: sparklines and timelines.
with hours as (
    select
        claim_no,
        date_trunc('hour', posted_at) as hour,
        platform,
        count(*) as posts,
        count(*) filter (where asks) as enquiries,
        count(*) filter (where role = 'corrects') as corrections
    from members
    group by all
)

select i.claim_id, h.* exclude (claim_no)
from hours as h
inner join claim_ids as i on i.claim_no = h.claim_no
order by h.claim_no, h.hour, h.platform;
