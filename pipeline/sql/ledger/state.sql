-- Newest event of an incident: a publisher that has seen it has nothing new to publish.
select coalesce(max(event_id), 0) from event where incident = $incident;
