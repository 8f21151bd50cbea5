-- Bright lines that stand now, by partner.
select bright_line_id, partner, content
from bright_line as b
where
    content is not null
    and version = (select max(version) from bright_line as n where n.bright_line_id = b.bright_line_id)
order by partner, bright_line_id;
