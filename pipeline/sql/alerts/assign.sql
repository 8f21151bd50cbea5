-- This alert is in that message.
update delivery set message_id = $message_id
where alert_id = $alert_id and person = $person and channel = $channel and message_id is null;
