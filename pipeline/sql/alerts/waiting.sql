-- Alerts that somebody is to be told of and that are in no message yet, the oldest first.
select
    d.person, d.channel,
    a.alert_id, a.key, a.incident, a.kind, a.rule, a.urgent, a.partner, a.told, a.raised_at
from delivery as d
inner join alert as a on a.alert_id = d.alert_id
where d.message_id is null
order by a.alert_id;
