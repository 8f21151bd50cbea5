-- A new draft. Reader: Drafts.open.
insert into draft (draft_id, incident, claim_id, follows, version, updated_at, updated_by, partner)
values ($draft_id, $incident, $claim_id, $follows, 1, $saved_at, $actor, $partner);
