"""The spider that a site begins with whose software no family reads yet: one class, to be fitted to its pages."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from crawlers.families import FAMILIES
from pipeline.errors import UsageError
from pipeline.files import write_text
from pipeline.paths import CHECKOUT

FOLDER = CHECKOUT / "crawlers" / "families"
_NAME = re.compile(r"[a-z][a-z0-9]{1,30}")
_SPIDER = '''\
"""{site}: posts as its list shows them, row by row."""

from __future__ import annotations

from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from crawlers.families.base import Family, load_html, read_each, same_site
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import links_of, node_text
from crawlers.times import parse_time
from pipeline.records import Post

# to do: what a person reads off a recorded page of the site
_ROW, _LINK, _TEXT, _AUTHOR, _TIME = "article", "a[href]", "p", ".author", "time"


class {cls}(Family):
    """``url`` is the list, newest first."""

    name = "{family}"

    def start(self, url: str, context: Context) -> list[Fetch]:
        """The list."""
        return [Fetch(url, "list", "posts", True)]

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """The posts of one page."""
        rows = load_html(answer).css(_ROW)
        if not rows:
            raise PageChanged(f"{{answer.url}}: there is no {{_ROW}} on it")
        reading = Reading(ended=(fetch.chain,))
        read_each(rows, lambda row: _post(row, answer.url, context), reading, lambda row: row.html or "")
        return reading


def _post(row: LexborNode, base: str, context: Context) -> Post:
    link, text = row.css_first(_LINK), row.css_first(_TEXT)
    url = same_site((link.attributes.get("href") if link is not None else None) or "", base)
    if text is None or url is None:
        raise ValueError(f"a row without {{_TEXT}}, or without {{_LINK}} to this site")
    author, time = row.css_first(_AUTHOR), row.css_first(_TIME)
    at, precision = parse_time(node_text(time) if time is not None else None, context.now, context.zone)
    return context.post(
        "forum",
        f"{{context.site}}{{urlsplit(url).path}}",
        node_text(text),
        url=url,
        author_key=context.author("forum", context.site, node_text(author) if author is not None else None),
        published_at=at,
        published_precision=precision,
        links=links_of(text.html or ""),
    )
'''


def check_family(family: str, folder: Path = FOLDER) -> None:
    """Raise ``UsageError`` for a name that is taken or no module can have, and where there is no checkout."""
    if not _NAME.fullmatch(family) or keyword.iskeyword(family):
        raise UsageError(f"family {family!r}: write 2 to 31 small letters and digits, such as townboard")
    if family in FAMILIES or (folder / f"{family}.py").exists():
        raise UsageError(f"family {family!r} is there already; use it with: --family {family}")
    if not (folder / "__init__.py").exists():
        raise UsageError(
            f"{folder}: a new family is written into a checkout of the sources; there is none here"
        )


def write_family(family: str, site: str, folder: Path = FOLDER) -> list[Path]:
    """Write the spider of a new family and list it beside the others; returns the files written."""
    check_family(family, folder)
    cls = family.capitalize()
    spider, listed = folder / f"{family}.py", folder / "__init__.py"
    write_text(spider, _SPIDER.format(site=re.sub(r"[^\w.:-]", "", site), cls=cls, family=family))
    write_text(listed, _listing(listed.read_text(encoding="utf-8"), family, cls))
    return [spider, listed]


def _listing(text: str, family: str, cls: str) -> str:
    """The package's text with one import and one class more, each in its place."""
    lines = text.split("\n")
    _insert(
        lines, f"from crawlers.families.{family} import {cls}", r"from crawlers\.families\.\w+ import \w+$"
    )
    _insert(lines, f"    {cls},", r"    \w+,$")
    return "\n".join(lines)


def _insert(lines: list[str], line: str, like: str) -> None:
    """Put ``line`` among its ``like``, which are sorted."""
    at = [place for place, one in enumerate(lines) if re.match(like, one)]
    after = next((place for place in at if lines[place] > line), at[-1] + 1)
    lines.insert(after, line)
