-- Empty the messages about an incident that have left or failed for good. Reader: AlertBook.forget.
update message
set content = '{}'
where
    state <> 'sending'
    and message_id in (
        select d.message_id
        from delivery as d
        inner join alert as a on a.alert_id = d.alert_id
        where a.incident = $incident
    );
