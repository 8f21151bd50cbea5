-- Grain: one row per claim that passes the filters, best first. Inputs: ranked_claims, claims, texts, claim_posts.
-- Reader: the ranked list (paging, neighbors and lane counts). Every filter may be null; $matched and $placed are
-- matching forms of what was asked for, found in any text of a claim.
with saying as (
    select distinct p.claim_id
    from texts as t
    join claim_posts as p on p.variant_key = t.text_key
    where $matched::varchar is not null and contains(t.match_text, $matched::varchar)
),
placed as (
    select distinct p.claim_id
    from texts as t
    join claim_posts as p on p.variant_key = t.text_key
    where $placed::varchar is not null and contains(t.match_text, $placed::varchar)
)
select r.claim_id
from ranked_claims as r
join claims as c using (claim_id)
where ($platform::varchar is null or list_contains(c.platforms, $platform::varchar))
  and ($script::varchar is null or list_contains(c.scripts, $script::varchar))
  and ($active_since::timestamptz is null or c.last_at >= $active_since::timestamptz)
  and ($new_since::timestamptz is null or c.first_at >= $new_since::timestamptz)
  and ($placed::varchar is null or c.claim_id in (select claim_id from placed))
  and (
      $text::varchar is null
      or c.claim_id = $text::varchar
      or contains(lower(c.exemplar_text), lower($text::varchar))
      or c.claim_id in (select claim_id from saying)
  )
order by r.rank;
