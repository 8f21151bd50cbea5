-- The incident's newest event and its link of the chain: the same mark means the same history. Readers: caches of the desk.
select event_id, chain from event where incident = $incident order by event_id desc limit 1;
