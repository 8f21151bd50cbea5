-- Where claims of an incident stand; one claim when $claim_id is given.
select incident, claim_id, version, status, rating, assignee, note, anchor_posts, updated_at, updated_by
from triage
where incident = $incident and ($claim_id is null or claim_id = $claim_id)
order by claim_id;
