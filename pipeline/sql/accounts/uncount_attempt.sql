-- An attempt from this network was a right one after all.
update attempt set failures = failures - 1 where name_hash = $name_hash and failures > 0;
