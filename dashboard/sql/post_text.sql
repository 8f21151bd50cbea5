-- Grain: one post's whole text, at most $most characters. Reader: "show all" on the claim page.
select left(text, $most) as text
from posts
where post_id = $post_id;
