-- Grain: one row for the whole warehouse. Readers: incident picker, headings.
select
    (select count(*) from claims) as claims,
    (select count(*) from posts) as posts,
    (select max(as_of) from ranked_claims) as as_of,
    (select min(first_at) from claims) as first_at,
    (select max(last_at) from claims) as last_at;
