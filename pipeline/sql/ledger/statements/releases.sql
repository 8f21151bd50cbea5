-- Releases of an incident, or one of them, the latest first, with their withdrawal and what they correct.
select
    r.release_id, r.statement_id, r.incident, r.claim_id, r.digest, r.content, r.as_partner, r.signers, r.actor,
    r.told_at, w.reason as withdrawn_because, w.told_at as withdrawn_at,
    d.follows
from statement_release as r
inner join statement as s on s.statement_id = r.statement_id
inner join draft as d on d.draft_id = s.draft_id
left join statement_withdrawal as w on w.release_id = r.release_id
where
    ($incident is null or r.incident = $incident)
    and ($release_id is null or r.release_id = $release_id)
    and ($statement_id is null or r.statement_id = $statement_id)
order by r.told_at desc, r.release_id;
