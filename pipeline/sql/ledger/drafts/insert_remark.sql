-- A comment, an explanation of a hit, or an approval. Reader: Drafts.
insert into draft_remark (draft_id, kind, about, actor, partner, told_at, body)
values ($draft_id, $kind, $about, $actor, $partner, $told_at, $body)
returning remark_id;
