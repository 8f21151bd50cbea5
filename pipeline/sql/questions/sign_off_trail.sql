-- Every statement with what each partner answered and what was released of it: who consented to which exact bytes.
select
    s.statement_id, s.title, s.digest, s.author_partner, s.circulated_at, s.deadline_at, s.voided_at,
    o.partner, o.answer, o.decided_at,
    r.release_id, r.released_at, r.withdrawn_at
from statements as s
left join sign_offs as o on o.statement_id = s.statement_id
left join releases as r on r.statement_id = s.statement_id
order by s.circulated_at, s.statement_id, o.partner;
