-- Every answer to a statement, oldest first; a partner's last one counts.
select partner, answer, reason, actor, told_at, digest
from statement_answer
where statement_id = $statement_id
order by answer_id;
