-- Grain: one row per claim and wording that is compared with published reviews: its exemplar's and those most posted.
-- Inputs: claims, claim_posts, texts. Reader: the stage match.
with said as (
    select
        p.claim_id,
        p.variant_key as text_key,
        max(p.post_id = c.exemplar_post_id) as is_exemplar,
        count(*) as posts
    from claim_posts as p
    inner join claims as c on c.claim_id = p.claim_id
    where p.variant_key is not null and p.role in ('carries', 'repeats')
    group by p.claim_id, p.variant_key
),

placed as (
    select
        s.claim_id,
        s.text_key,
        row_number() over (
            partition by s.claim_id order by s.is_exemplar desc, s.posts desc, s.text_key
        ) as place
    from said as s
    inner join texts as t on t.text_key = s.text_key
)

select claim_id, text_key
from placed
where place <= $most
order by claim_id, text_key;
