-- Which of $claims there are.
select claim_id from claims where list_contains($claims, claim_id);
