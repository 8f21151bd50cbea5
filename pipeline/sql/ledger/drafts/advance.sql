-- Move a draft to its next version when nobody else did. Reader: Drafts.save.
update draft
set version = version + 1, updated_at = $saved_at, updated_by = $actor, partner = $partner
where draft_id = $draft_id and version = $seen
returning version;
