-- An alert, unless its key was raised before.
insert into alert (key, incident, kind, rule, urgent, partner, told, raised_at)
values ($key, $incident, $kind, $rule, $urgent, $partner, $told, $raised_at)
on conflict (key) do nothing
returning alert_id;
