-- Change an entry as its owner saw it; no row comes back when somebody was faster. Reader: ContactBook.save.
update contact
set kind = $kind, name = $name, reach = $reach, on_call = $on_call, calls = $calls, version = version + 1,
    updated_by = $actor, updated_at = $moment
where contact_id = $contact_id and owner = $owner and version = $version
returning version;
