-- First decision on a claim; changes no row when somebody else was first.
insert into triage (
    incident, claim_id, version, status, rating, assignee, note, anchor_posts, updated_at, updated_by
)
values (
    $incident, $claim_id, 1, $status, $rating, $assignee, $note, $anchor_posts, $updated_at, $updated_by
)
on conflict do nothing
returning incident, claim_id, version, status, rating, assignee, note, anchor_posts, updated_at, updated_by;
