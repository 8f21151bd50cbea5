-- One row per distinct matching form, with how many posts say it; read by pipeline.aliases.
select
    match_text,
    count(*) as posts
from normalized_posts
where match_text <> ''
group by match_text;
