-- An edit voids every statement made of the draft that is not released. Reader: Drafts.save.
insert into statement_voided (statement_id, actor, told_at, reason)
select s.statement_id, $actor, $told_at, $reason
from statement as s
where
    s.draft_id = $draft_id
    and s.statement_id not in (select v.statement_id from statement_voided as v)
    and s.statement_id not in (select r.statement_id from statement_release as r)
returning statement_id;
