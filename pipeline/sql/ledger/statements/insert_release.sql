-- Release the frozen bytes of a statement: content and digest are taken from it, never from the caller.
insert into statement_release (
    release_id, statement_id, incident, claim_id, digest, content, as_partner, signers, actor, told_at
)
select $release_id, statement_id, incident, claim_id, digest, content, $as_partner, $signers, $actor, $told_at
from statement
where statement_id = $statement_id;
