-- A release that its signers took back. Reader: Statements.withdraw.
insert into statement_withdrawal (release_id, reason, actor, told_at)
values ($release_id, $reason, $actor, $told_at);
