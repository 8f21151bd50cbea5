-- Statements of an incident, or one of them, the latest first; voided_at null while its answers hold.
select
    s.statement_id, s.draft_id, s.draft_version, s.incident, s.claim_id, s.digest, s.content, s.author_partner,
    s.partners, s.rule, s.circulated_by, s.circulated_at, s.deadline_at, v.told_at as voided_at, v.actor as voided_by
from statement as s
left join statement_voided as v on v.statement_id = s.statement_id
where
    ($incident is null or s.incident = $incident)
    and ($statement_id is null or s.statement_id = $statement_id)
order by s.circulated_at desc, s.statement_id;
