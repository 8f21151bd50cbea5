-- The right password was given, or an administrator set a new one.
delete from attempt where name_hash = $name_hash;
