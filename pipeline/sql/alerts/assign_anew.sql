-- Alerts whose message was given up wait for a new one. Reader: AlertBook.forget.
update delivery
set message_id = null
where message_id is not null and message_id not in (select message_id from message) and $incident is not null;
