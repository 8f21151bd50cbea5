"""Wenxuecity 文学城: boards as trees of titles, and the archive's keyword search.

Most answers there are a title without a body ("0 bytes"): the title is all that was said, so the list gives the post.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.families.base import read_each, same_site, with_query
from crawlers.families.board import MAX_ROWS, Board, Row, inside, person, words_of
from crawlers.items import Answer, Context, Fetch, Reading
from crawlers.text import links_of, node_text, parse_count
from crawlers.times import Known, parse_time
from pipeline.records import Post

_POST = re.compile(r"/(\w{1,40})/(\d{1,12})\.html")
_SIZE = re.compile(r"\(\s*([\d,]+)\s*bytes\s*\)")
_READS = re.compile(r"\(\s*([\d,]+)\s*reads\s*\)")
_LISTED = re.compile(r"(\d{2})/(\d{2})/(\d{4})\s*(?:postreply)?\s*(\d{2}:\d{2}:\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?")
_INDENT = re.compile(r"margin:\s*(?:\S+\s+){3}(\d{1,4})px")
_PERSON = "a.nickname, a.username, span.b a, a[href*='profile']"


class Wenxuecity(Board):
    """``url`` is ``https://bbs.wenxuecity.com``."""

    name = "wenxuecity"
    version = "2"

    def address(self, base: str, board: str, query: str | None, page: int) -> str:
        """A board's list, or the archive's search in it."""
        number = page if page > 1 else None
        if query is None:
            return with_query(f"{base}/{board}/", elite=0, page=number)  # 1 shows what the editors picked
        return with_query(f"{base}/bbs/archive.php", SubID=board, keyword=query, page=number)

    def rows(self, tree: LexborHTMLParser, answer: Answer, context: Context, reading: Reading) -> list[Row]:
        """Titles of a list, pinned ones left out; an answer's parent is the nearest title less indented."""
        rows: list[Row] = []
        above: list[tuple[int, str]] = []

        def read(link: LexborNode) -> None:
            rows.append(_row(link, answer.url, context, above))

        links = inside(tree, "#postlist a.post, div.odd a.post, div.even a.post") or [
            link for link in inside(tree, "td a, li a") if _POST.search(link.attributes.get("href") or "")
        ]
        links = [link for link in links if "sticky" not in _class(link)][:MAX_ROWS]
        read_each(links, read, reading, lambda link: link.html or "")
        return rows

    def post(self, tree: LexborHTMLParser, answer: Answer, fetch: Fetch, context: Context) -> Post | None:
        """One post with its body."""
        body = tree.css_first("#msgbodyContent") or tree.css_first("div#content")
        if body is None:
            return None
        shown = _DAY.search(words_of(tree, "#postmeta") or words_of(tree, "span.date, .post-source"))
        at, precision = parse_time(shown[0] if shown else None, context.now, context.zone)
        title = words_of(tree, "h1.title") or words_of(tree, "h1") or fetch.carry.get("title") or None
        above = tree.css_first("#postparent a[href*='.html']")
        parent = _post_id(urljoin(answer.url, above.attributes.get("href") or ""), context) if above else None
        author = tree.css_first("#postmeta a.username") or tree.css_first("#postmeta a, .post-source a")
        return context.post(
            "forum",
            _post_id(answer.url, context).removeprefix("forum:"),
            node_text(body) or title or "",
            url=answer.url,
            title=title,
            author_key=context.author("forum", context.site, person(author, "cid")),
            published_at=at,
            published_precision=precision,
            views=parse_count(words_of(tree, "#countnum"))[0],
            parent_id=parent,
            links=links_of(body.html or ""),
            query=fetch.carry.get("query"),
        )


def _post_id(url: str, context: Context) -> str:
    """Board and number; numbers repeat among boards. Raises ``ValueError``."""
    found = _POST.search(urlsplit(url).path)
    if not found:
        raise ValueError(f"address of a post: {url[:200]!r}")
    return f"forum:{context.site}/{found[1]}/{found[2]}"


def _row(link: LexborNode, base: str, context: Context, above: list[tuple[int, str]]) -> Row:
    url = same_site(link.attributes.get("href") or "", base)
    if url is None:
        raise ValueError("title links to another site")
    url = url.split("?")[0]
    post_id, title, holder = _post_id(url, context), node_text(link), _holder(link)
    words = node_text(holder) if holder is not None else ""
    at, precision = _listed(words, context)
    size = _SIZE.search(words)
    parent = _parent(holder, post_id, above)
    if holder is None or not size or size[1] != "0":
        return Row(url, title, at)
    reads = _READS.search(words)
    post = context.post(
        "forum",
        post_id.removeprefix("forum:"),
        title,
        url=url,
        title=title,
        author_key=context.author("forum", context.site, person(holder.css_first(_PERSON), "cid")),
        published_at=at,
        published_precision=precision,
        views=parse_count(reads[1])[0] if reads else None,
        parent_id=parent,
    )
    return Row(url, title, at, post)


def _holder(link: LexborNode) -> LexborNode | None:
    """The line that a title stands on; ``None`` where several share it, for then its figures are unknown."""
    node = link.parent
    for _ in range(4):
        if node is None or node.tag in {"p", "tr", "li"} or "odd" in _class(node) or "even" in _class(node):
            break
        node = node.parent
    return node if node is not None and len(inside(node, "a.post, a[href$='.html']")) == 1 else None


def _class(node: LexborNode) -> list[str]:
    return (node.attributes.get("class") or "").split()


def _listed(words: str, context: Context) -> Known:
    """``04/26/2026 postreply 06:57:06``, or the archive's plain day."""
    if found := _LISTED.search(words):
        return parse_time(f"{found[3]}-{found[1]}-{found[2]} {found[4]}", context.now, context.zone)
    found = _DAY.search(words)
    return parse_time(found[0] if found else None, context.now, context.zone)


def _parent(holder: LexborNode | None, post_id: str, above: list[tuple[int, str]]) -> str | None:
    found = _INDENT.search((holder.attributes.get("style") or "")[:200] if holder is not None else "")
    if not found:
        return None
    depth = int(found[1])
    while above and above[-1][0] >= depth:
        above.pop()
    parent = above[-1][1] if above else None
    above.append((depth, post_id))
    return parent
