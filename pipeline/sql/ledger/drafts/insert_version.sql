-- One version of a draft's content. Reader: Drafts.
insert into draft_version (draft_id, version, content, digest, actor, partner, saved_at)
values ($draft_id, $version, $content, $digest, $actor, $partner, $saved_at);
