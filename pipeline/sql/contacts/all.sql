-- Every entry of the directory. Reader: ContactBook.all.
select contact_id, kind, name, reach, on_call, calls, owner, version, updated_by, updated_at
from contact
order by owner, name, contact_id;
