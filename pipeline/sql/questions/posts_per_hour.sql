-- Posts, enquiries and corrections per hour and platform.
select hour, platform, sum(posts) as posts, sum(enquiries) as enquiries, sum(corrections) as corrections
from claim_hours
group by hour, platform
order by hour, platform;
