"""Forums with software of their own: lists of titles per board or search, and one page per post."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.families.base import Family, count_param, load_html
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import node_text
from pipeline.errors import UsageError
from pipeline.records import Post

MAX_ROWS = 5_000
"""Titles read from one list page; no forum shows more."""
_BOARD = re.compile(r"\w{1,40}")
_GONE = re.compile(r"(?:已被?|不)(?:删除|刪除|存在)|deleted")
_NONE_FOUND = re.compile(
    r"没有找到|沒有找到|找不到|没有符合|沒有符合|无结果|0 ?条结果|no results?", re.IGNORECASE
)
_SLACK = timedelta(days=2)  # lists give days, of a clock whose zone may be half a day off


@dataclass(frozen=True, slots=True)
class Row:
    """A title in a list. ``post`` is given where the list holds all there is to read."""

    url: str
    title: str
    at: datetime | None = None
    post: Post | None = None


class Board(Family):
    """``url`` is the forum, ``boards`` the short names in its addresses; ``search = true`` asks per query."""

    params = frozenset({"boards", "search", "pages"})
    default_pages: ClassVar[int] = 3

    @abstractmethod
    def address(self, base: str, board: str, query: str | None, page: int) -> str:
        """Address of a board's list, or of a search in it."""

    @abstractmethod
    def rows(self, tree: LexborHTMLParser, answer: Answer, context: Context, reading: Reading) -> list[Row]:
        """Titles of a list page; what cannot be read becomes a reject of ``reading``."""

    @abstractmethod
    def post(self, tree: LexborHTMLParser, answer: Answer, fetch: Fetch, context: Context) -> Post | None:
        """The post of one page, ``None`` where the page holds none."""

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain per board, or per board and query."""
        boards = context.params.get("boards")
        if (
            not isinstance(boards, list)
            or not boards
            or not all(_BOARD.fullmatch(str(one)) for one in boards)
        ):
            raise UsageError(
                f'source {context.source}: write boards = ["…"], the short names in the forum\'s addresses'
            )
        queries: tuple[str | None, ...] = context.queries if context.params.get("search") else (None,)
        if not queries:
            raise UsageError(f"source {context.source}: search = true needs queries in the incident")
        alone = len(boards) * len(queries) == 1
        return [self._fetch(url.rstrip("/"), b, query, 1, alone) for b in boards for query in queries]

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """A list gives posts to follow; a post's page gives the post."""
        tree = load_html(answer)
        return (
            self._list(tree, answer, fetch, context)
            if fetch.kind == "list"
            else self._detail(tree, answer, fetch, context)
        )

    def _list(self, tree: LexborHTMLParser, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        reading = Reading()
        rows = self.rows(tree, answer, context, reading)
        page, query = int(fetch.carry["page"]), fetch.carry.get("query")
        if not rows and not (page > 1 or (query and _NONE_FOUND.search(words_of(tree)))):
            raise PageChanged(f"{answer.url}: no titles on the page")
        floor = context.floor(fetch.chain) - _SLACK
        for row in rows:
            if row.post is not None:
                reading.posts.append(row.post)
            elif row.at is None or row.at >= floor:
                reading.follow.append(
                    Fetch(row.url, "detail", fetch.chain, False, {"title": row.title, "query": query})
                )
        times = [row.at for row in rows]
        last = page >= count_param(context.params, "pages", self.default_pages, 1_000)
        if not rows or last or all(at is not None and at < floor for at in times):
            reading.ended = (fetch.chain,)
        else:
            base, board = fetch.carry["base"], fetch.carry["board"]
            reading.follow.append(self._fetch(base, board, query, page + 1, essential=False))
        return reading

    def _detail(self, tree: LexborHTMLParser, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        post = self.post(tree, answer, fetch, context)
        if post is not None:
            return Reading(posts=[post], items=1)
        if _GONE.search(words_of(tree)[:2_000]):
            return Reading(gone=True)
        raise PageChanged(f"{answer.url}: no post on the page")

    def _fetch(self, base: str, board: str, query: str | None, page: int, essential: bool) -> Fetch:
        chain = f"{board} {query}" if query else f"board {board}"
        carry = {"base": base, "board": board, "query": query, "page": page}
        return Fetch(self.address(base, board, query, page), "list", chain, essential, carry)


def words_of(node: LexborHTMLParser | LexborNode, selector: str = "body") -> str:
    """Visible words of the first match, empty where there is none."""
    found = node.css_first(selector)
    return node_text(found) if found is not None else ""


def person(link: LexborNode | None, parameter: str) -> str | None:
    """Whom a profile link names: its lasting id where the address has one, else the name shown."""
    if link is None:
        return None
    query = dict(parse_qsl(urlsplit(link.attributes.get("href") or "").query))
    return query.get(parameter) or node_text(link) or None


def inside(node: LexborHTMLParser | LexborNode, selector: str) -> list[LexborNode]:
    """Matches below a node, each once: the parser's own list holds the node itself, and repeats among alternatives."""
    own = node.mem_id if isinstance(node, LexborNode) else None
    return list({one.mem_id: one for one in node.css(selector) if one.mem_id != own}.values())
