-- Newest event of an incident about one of the claims in the JSON list $claims, or about no claim in particular.
select event_id
from event
where
    incident = $incident
    and (claim_id is null or claim_id in (select value from json_each($claims)))
order by event_id desc
limit 1;
