"""6park 留园: boards, their search, and posts; older pages come in GBK, and every text carries a hidden watermark."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.families.base import query_value, read_each, same_site, with_query
from crawlers.families.board import MAX_ROWS, Board, Row, inside, person, words_of
from crawlers.items import Answer, Context, Fetch, Reading
from crawlers.text import links_of, node_text, parse_count
from crawlers.times import parse_time
from pipeline.records import Post

_LISTED = re.compile(r"\b(\d{2})/(\d{2})/(\d{2})\b")
_META = re.compile(
    r"于\s*(\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2})(?:\s*已读\s*([\d,]+)\s*次)?(?:\s*([\d,]+)\s*赞)?"
)
_WATERMARK = "#e6e6dd"
_PATH = re.compile(r"/(\w{1,40})/index\.php$")


class SixPark(Board):
    """``url`` is ``https://club.6parkbbs.com``."""

    name = "sixpark"

    def address(self, base: str, board: str, query: str | None, page: int) -> str:
        """A board's list (its further pages are cached trees), or the board's search."""
        root = f"{base}/{board}/index.php"
        if query is not None:
            number = page if page > 1 else None
            values = {
                "action": "search",
                "act": "threadsearch",
                "app": "forum",
                "keywords": query,
                "submit": "查询",
            }
            return with_query(root, **values, p=number)
        return root if page == 1 else with_query(root, app="forum", act="cachepage", cp=f"tree{page}")

    def rows(self, tree: LexborHTMLParser, answer: Answer, context: Context, reading: Reading) -> list[Row]:
        """Titles of a list, answers too."""
        rows: list[Row] = []

        def read(node: LexborNode) -> None:
            rows.append(_row(node, answer.url, context))

        nodes = inside(tree, "#d_list li, #thread_list li, .t_l")[:MAX_ROWS]
        read_each([n for n in nodes if _link(n) is not None], read, reading, lambda node: node.html or "")
        return rows

    def post(self, tree: LexborHTMLParser, answer: Answer, fetch: Fetch, context: Context) -> Post | None:
        """One post with its body."""
        body = tree.css_first(".show_content pre") or tree.css_first("pre")
        number, board = query_value(answer.url, "tid"), _PATH.search(urlsplit(answer.url).path)
        if body is None or not number or not number.isdigit() or board is None:
            return None
        line = _line(tree)
        words = node_text(line) if line is not None else ""
        meta = _META.search(words)
        at, precision = parse_time(meta[1] if meta else None, context.now, context.zone)
        title = words_of(tree, ".show_content font[size='6'] b") or fetch.carry.get("title") or None
        author = line.css_first("a") if line is not None else None
        return context.post(
            "forum",
            f"{context.site}/{board[1]}/{number}",
            node_text(body, [node for node in body.css("font") if _is_watermark(node)]) or title or "",
            url=with_query(answer.url.split("?")[0], app="forum", act="threadview", tid=number),
            title=title,
            author_key=context.author("forum", context.site, person(author, "uname")),
            published_at=at,
            published_precision=precision,
            views=parse_count(meta[2])[0] if meta else None,
            likes=parse_count(meta[3])[0] if meta else None,
            links=links_of(body.html or ""),
            media=_media(body),
            query=fetch.carry.get("query"),
        )


def _link(node: LexborNode) -> LexborNode | None:
    """The title's link, not one of a nested answer."""
    link = node.css_first("a[href*='tid=']")
    holder = link.parent if link is not None else None
    while holder is not None and holder.tag not in {"li", "div"}:
        holder = holder.parent
    return link if holder is not None and holder.mem_id == node.mem_id else None


def _row(node: LexborNode, base: str, context: Context) -> Row:
    link = _link(node)
    url = same_site((link.attributes.get("href") if link is not None else None) or "", base)
    number = query_value(url, "tid") if url else None
    if link is None or url is None or not number or not number.isdigit():
        raise ValueError("title without the number of a post on this site")
    day = node.css_first("i, .t_dateline")
    found = _LISTED.search(node_text(day) if day is not None else "")
    shown = f"20{found[3]}-{found[1]}-{found[2]}" if found else None
    return Row(url, node_text(link), parse_time(shown, context.now, context.zone)[0])


def _line(tree: LexborHTMLParser) -> LexborNode | None:
    """The cell that says who posted when."""
    cells = (cell for cell in tree.css("td") if (cell.text(deep=False) or "").strip().startswith("送交者"))
    return next(cells, None)


def _is_watermark(node: LexborNode) -> bool:
    """Words in the page's own background color, which readers do not see."""
    return (node.attributes.get("color") or "").lower() == _WATERMARK


def _media(body: LexborNode) -> tuple[str, ...]:
    found = [image.attributes.get("mydatasrc") or image.attributes.get("src") for image in body.css("img")]
    return tuple(dict.fromkeys(url for url in found if url and url.startswith(("http://", "https://"))))[:20]
