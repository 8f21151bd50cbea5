-- Every version of one draft, the newest first.
select d.draft_id, d.incident, d.claim_id, d.follows, v.version, v.content, v.digest, v.actor, v.partner, v.saved_at
from draft_version as v
inner join draft as d on d.draft_id = v.draft_id
where v.draft_id = $draft_id
order by v.version desc;
