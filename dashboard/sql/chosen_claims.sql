-- Grain: one row per claim that passes the filters, best first. Inputs: ranked_claims, claims, texts, claim_posts.
-- Reader: the ranked list (paging, neighbours and lane counts). $platform, $script, $text and $matched may be null.
with saying as (
    select distinct p.claim_id
    from texts as t
    join claim_posts as p on p.variant_key = t.text_key
    where $matched::varchar is not null and contains(t.match_text, $matched::varchar)
)
select r.claim_id
from ranked_claims as r
join claims as c using (claim_id)
where ($platform::varchar is null or list_contains(c.platforms, $platform::varchar))
  and ($script::varchar is null or list_contains(c.scripts, $script::varchar))
  and (
      $text::varchar is null
      or c.claim_id = $text::varchar
      or contains(lower(c.exemplar_text), lower($text::varchar))
      or c.claim_id in (select claim_id from saying)
  )
order by r.rank;
