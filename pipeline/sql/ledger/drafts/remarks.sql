-- What was said about a draft, oldest first.
select remark_id, kind, about, actor, partner, told_at, body
from draft_remark
where draft_id = $draft_id
order by remark_id;
