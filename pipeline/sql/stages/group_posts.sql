-- Grain: one row per post with a claim. Inputs: posts, normalized_posts, speakers (post_id, speaker_id), text_groups,
-- text_matches, speech (text_key, asks, corrects). Reader: stage claims.
-- A text that corrects is no carrier. A group whose every text corrects belongs, as corrections, to the group that it
-- was matched with.
with group_speech as (
    select g.group_key, bool_and(s.corrects) as corrects
    from text_groups as g
    inner join speech as s on s.text_key = g.text_key
    group by g.group_key
),

match_groups as (
    select l.group_key as left_group, r.group_key as right_group, m.similarity
    from text_matches as m
    inner join text_groups as l on l.text_key = m.left_key
    inner join text_groups as r on r.text_key = m.right_key
),

both_ways as (
    select left_group as from_group, right_group as to_group, similarity from match_groups
    union all
    select right_group, left_group, similarity from match_groups
),

corrected as (
    select
        b.from_group,
        first(b.to_group order by b.similarity desc, b.to_group) as to_group
    from both_ways as b
    inner join group_speech as f on f.group_key = b.from_group and f.corrects
    inner join group_speech as t on t.group_key = b.to_group and not t.corrects
    group by b.from_group
),

roots as (
    select
        p.post_id as speaker_id,
        coalesce(c.to_group, g.group_key) as group_key,
        c.to_group is not null or (s.corrects and not f.corrects) as is_correction,
        g.similarity,
        g.joined_by,
        row_number() over (partition by n.text_key order by p.posted_at, p.post_id) as copy
    from posts as p
    inner join speakers as own on own.post_id = p.post_id and own.speaker_id = p.post_id
    inner join normalized_posts as n on n.post_id = p.post_id
    inner join text_groups as g on g.text_key = n.text_key
    inner join group_speech as f on f.group_key = g.group_key
    inner join speech as s on s.text_key = n.text_key
    left join corrected as c on c.from_group = g.group_key
)

select
    p.post_id,
    r.group_key,
    p.post_id = w.speaker_id as is_own,
    case
        when p.post_id = w.speaker_id and r.is_correction then 'corrects'
        when p.post_id = w.speaker_id and r.copy > 1 then 'repeats'
        when p.post_id = w.speaker_id then 'carries'
        when n.match_text = '' then 'repeats'
        when s.corrects then 'corrects'
        else 'replies'
    end as role,
    case
        when p.post_id <> w.speaker_id and p.repost_of is not null then 'repost'
        when p.post_id <> w.speaker_id then 'reply'
        when r.copy > 1 then 'exact'
        else r.joined_by
    end as joined_by,
    coalesce(s.asks, false) as asks,
    n.text_key as variant_key,
    case when p.post_id = w.speaker_id and not r.is_correction then r.similarity end as similarity
from posts as p
inner join speakers as w on w.post_id = p.post_id
inner join roots as r on r.speaker_id = w.speaker_id
inner join normalized_posts as n on n.post_id = p.post_id
left join speech as s on s.text_key = n.text_key
order by r.group_key, p.post_id;
