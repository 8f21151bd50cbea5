-- Drafts of an incident, perhaps of one claim or one id, the latest touched first, with their content.
select d.draft_id, d.incident, d.claim_id, d.follows, d.version, v.content, v.digest, v.actor, v.partner, v.saved_at
from draft as d
inner join draft_version as v on v.draft_id = d.draft_id and v.version = d.version
where
    ($incident is null or d.incident = $incident)
    and ($claim_id is null or d.claim_id = $claim_id)
    and ($draft_id is null or d.draft_id = $draft_id)
order by d.updated_at desc, d.draft_id;
