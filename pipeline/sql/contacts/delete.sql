-- Delete an entry as its owner saw it. Reader: ContactBook.remove.
delete from contact
where contact_id = $contact_id and owner = $owner and version = $version
returning contact_id;
