-- Where every claim of every incident stands, for checking it against the events.
select incident, claim_id, version, status, rating, assignee, note, anchor_posts, updated_at, updated_by
from triage
order by incident, claim_id;
