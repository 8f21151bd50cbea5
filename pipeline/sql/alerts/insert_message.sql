-- A message, word for word as it will be sent however often that is tried.
insert into message (message_id, person, channel, content, state, made_at, next_at)
values ($message_id, $person, $channel, $content, 'sending', $made_at, $made_at);
