-- Grain: one row per post. Inputs: posts, normalized_posts. Readers: stages segment and claims.
-- speaker_id is the post whose words this one belongs to: the root it reacts to, or itself when that root has no
-- words (a picture: what is said below it must not be lost).
select
    p.post_id,
    case when r.match_text = '' then p.post_id else p.root_id end as speaker_id
from posts as p
inner join normalized_posts as r on r.post_id = p.root_id
order by p.post_id;
