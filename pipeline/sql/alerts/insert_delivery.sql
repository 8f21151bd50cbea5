-- Somebody is to be told.
insert into delivery (alert_id, person, channel) values ($alert_id, $person, $channel);
