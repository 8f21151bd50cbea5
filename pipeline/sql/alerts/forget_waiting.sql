-- Give up messages about an incident that were not sent yet: they quote what was deleted. Reader: AlertBook.forget.
delete from message
where
    state = 'sending'
    and message_id in (
        select d.message_id
        from delivery as d
        inner join alert as a on a.alert_id = d.alert_id
        where a.incident = $incident
    );
