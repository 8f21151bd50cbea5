-- Grain: one row per post with a claim. Inputs: said (post_no, speaker_no, text_no, has_words, is_repost), text_groups
-- (text_no, group_no, similarity, joined_by), text_matches (left_no, right_no, similarity), speech (text_no, asks,
-- corrects). Reader: stage claims. Posts, texts and groups are numbers here; posts are numbered by time and id.
-- A text that corrects is no carrier. A group whose every text corrects belongs, as corrections, to the group that it
-- was matched with.
with group_speech as (
    select g.group_no, bool_and(s.corrects) as corrects
    from text_groups as g
    inner join speech as s on s.text_no = g.text_no
    group by g.group_no
),

match_groups as (
    select l.group_no as left_group, r.group_no as right_group, m.similarity
    from text_matches as m
    inner join text_groups as l on l.text_no = m.left_no
    inner join text_groups as r on r.text_no = m.right_no
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
    inner join group_speech as f on f.group_no = b.from_group and f.corrects
    inner join group_speech as t on t.group_no = b.to_group and not t.corrects
    group by b.from_group
),

firsts as (
    select text_no, min(post_no) as post_no
    from said
    where post_no = speaker_no
    group by text_no
),

roots as (
    select
        p.post_no as speaker_no,
        coalesce(c.to_group, g.group_no) as group_no,
        c.to_group is not null or (s.corrects and not f.corrects) as is_correction,
        g.similarity,
        g.joined_by,
        p.post_no > o.post_no as is_copy
    from said as p
    inner join firsts as o on o.text_no = p.text_no
    inner join text_groups as g on g.text_no = p.text_no
    inner join group_speech as f on f.group_no = g.group_no
    inner join speech as s on s.text_no = p.text_no
    left join corrected as c on c.from_group = g.group_no
    where p.post_no = p.speaker_no
)

select
    p.post_no,
    r.group_no,
    p.post_no = p.speaker_no as is_own,
    case
        when p.post_no = p.speaker_no and r.is_correction then 'corrects'
        when p.post_no = p.speaker_no and r.is_copy then 'repeats'
        when p.post_no = p.speaker_no then 'carries'
        when not p.has_words then 'repeats'
        when s.corrects then 'corrects'
        else 'replies'
    end as role,
    case
        when p.post_no <> p.speaker_no and p.is_repost then 'repost'
        when p.post_no <> p.speaker_no then 'reply'
        when r.is_copy then 'exact'
        else r.joined_by
    end as joined_by,
    s.asks,
    p.text_no,
    case when p.post_no = p.speaker_no and not r.is_correction then r.similarity end as similarity
from said as p
inner join roots as r on r.speaker_no = p.speaker_no
inner join speech as s on s.text_no = p.text_no
order by p.post_no;
