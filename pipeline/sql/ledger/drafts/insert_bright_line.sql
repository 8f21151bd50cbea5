-- A bright line's next version; content null when the partner took it back. Reader: Drafts.
insert into bright_line (bright_line_id, version, partner, content, actor, told_at)
select $bright_line_id, coalesce(max(version), 0) + 1, $partner, $content, $actor, $told_at
from bright_line
where bright_line_id = $bright_line_id
returning version;
