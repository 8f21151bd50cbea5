-- A further decision; changes no row when $version is not the one that stands.
update triage
set version = version + 1, status = $status, rating = $rating, assignee = $assignee, note = $note,
    anchor_posts = $anchor_posts, updated_at = $updated_at, updated_by = $updated_by
where incident = $incident and claim_id = $claim_id and version = $version
returning incident, claim_id, version, status, rating, assignee, note, anchor_posts, updated_at, updated_by;
