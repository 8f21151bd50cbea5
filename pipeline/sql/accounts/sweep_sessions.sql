-- Sessions that ended by themselves go.
delete from session where seen_at <= $idle_since or opened_at <= $open_since;
