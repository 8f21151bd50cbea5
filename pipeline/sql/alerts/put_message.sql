-- How an attempt ended.
update message set state = $state, attempts = $attempts, next_at = $next_at, sent_at = $sent_at, error = $error
where message_id = $message_id;
