-- A new entry; no row comes back when the id is taken. Reader: ContactBook.save.
insert into contact (contact_id, owner, kind, name, reach, on_call, calls, version, updated_by, updated_at)
values ($contact_id, $owner, $kind, $name, $reach, $on_call, $calls, 1, $actor, $moment)
on conflict (contact_id) do nothing
returning version;
