-- What a partner answered to these exact bytes. Reader: Statements.answer.
insert into statement_answer (statement_id, digest, partner, answer, reason, actor, told_at)
values ($statement_id, $digest, $partner, $answer, $reason, $actor, $told_at);
