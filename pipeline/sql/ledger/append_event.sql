-- One more event; chain hashes this event onto the one before, so that a changed past shows.
insert into event (incident, claim_id, kind, actor, decided_at, payload, chain)
values ($incident, $claim_id, $kind, $actor, $decided_at, $payload, $chain)
returning event_id;
