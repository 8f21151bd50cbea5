-- The last alerts of an incident, or of all, the latest first, with how many of their messages wait, went out or failed.
select
    a.alert_id, a.key, a.incident, a.kind, a.rule, a.urgent, a.partner, a.told, a.raised_at,
    count(d.person) filter (where m.state is null or m.state = 'sending') as waiting,
    count(d.person) filter (where m.state = 'sent') as sent,
    count(d.person) filter (where m.state = 'failed') as failed
from alert as a
left join delivery as d on d.alert_id = a.alert_id
left join message as m on m.message_id = d.message_id
where $incident is null or a.incident = $incident
group by a.alert_id
order by a.alert_id desc
limit $most;
