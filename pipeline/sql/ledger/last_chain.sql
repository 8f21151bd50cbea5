-- Chain value of the newest event.
select chain from event order by event_id desc limit 1;
