-- A person's merge or split; a later one on the same pair overrides.
insert into match_ruling (incident, kind, left_post, right_post, actor, decided_at, reason)
values ($incident, $kind, $left_post, $right_post, $actor, $decided_at, $reason)
returning ruling_id;
