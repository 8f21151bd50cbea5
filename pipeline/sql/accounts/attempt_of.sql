-- Failed sign-ins under this name, and when the last one was.
select failures, last_at from attempt where name_hash = $name_hash;
