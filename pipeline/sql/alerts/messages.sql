-- Messages in a state (null: any) that were made or are due at these times, the oldest first.
select message_id, person, channel, content, state, attempts, made_at, next_at, sent_at, error
from message
where ($state is null or state = $state) and ($since is null or made_at > $since)
order by made_at, message_id;
