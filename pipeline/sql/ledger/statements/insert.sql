-- Freeze a draft's version and circulate it. Reader: Statements.circulate.
insert into statement (
    statement_id, draft_id, draft_version, incident, claim_id, digest, content, author_partner, partners, rule,
    circulated_by, circulated_at, deadline_at
)
values (
    $statement_id, $draft_id, $draft_version, $incident, $claim_id, $digest, $content, $author_partner, $partners,
    $rule, $actor, $told_at, $deadline_at
);
