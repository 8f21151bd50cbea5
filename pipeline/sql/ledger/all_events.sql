-- Every event in order, for checking the chain.
select incident, claim_id, kind, actor, decided_at, payload, chain from event order by event_id;
