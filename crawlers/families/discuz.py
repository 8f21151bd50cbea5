"""Discuz! X forums: a board's list of threads, then each thread's pages. GBK pages are read as GB18030."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.families.base import (
    Family,
    count_param,
    load_html,
    query_value,
    read_each,
    same_site,
    with_query,
)
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import links_of, node_text, parse_count
from crawlers.times import Known, parse_time
from pipeline.errors import UsageError
from pipeline.records import Post, Precision

_CLOCK = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?: \d{1,2}:\d{2}(?::\d{2})?)?")
_GMT = re.compile(r"GMT\s*([+-]\d{1,2})(?:[:.](\d{1,2}))?")
_DENIED = (
    "没有权限",
    "沒有權限",
    "无权",
    "無權",
    "登录",
    "登錄",
    "登入",
    "需要",
    "验证",
    "驗證",
    "防灌水",
    "刷新过于频繁",
)
_GONE = ("不存在", "已被删除", "已被刪除", "正在被审核", "正在被審核")


class Discuz(Family):
    """``url`` is the forum's folder with ``boards = ["2"]``, or one board's list (``forum.php?mod=forumdisplay…``)."""

    name = "discuz"
    params = frozenset({"boards", "pages", "thread_pages"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """Each board, sorted by last reply: an old thread that wakes up is read again."""
        boards = context.params.get("boards")
        if boards is None:
            return [_board_fetch(url, "board", essential=True)]
        if not isinstance(boards, list) or not boards or not all(str(one).isdigit() for one in boards):
            raise UsageError(f'source {context.source}: write boards = ["2", "…"], the numbers after fid=')
        root = url.rstrip("/") + "/forum.php?mod=forumdisplay"
        alone = len(boards) == 1
        return [_board_fetch(with_query(root, fid=one), f"board {one}", essential=alone) for one in boards]

    def is_refusal(self, answer: Answer) -> str | None:
        """Notices that ask for a login or a right; they come with status 200."""
        notice = notice_of(answer)
        if notice and not _says(notice, _GONE) and _says(notice, _DENIED):
            return f"notice: {notice[:120]}"
        return super().is_refusal(answer)

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """A board page gives threads to follow; a thread page gives posts."""
        notice = notice_of(answer)
        if notice and _says(notice, _GONE) and fetch.kind == "thread":
            return Reading(gone=True)
        if notice:
            raise PageChanged(f"{answer.url}: notice instead of a page: {notice[:120]}")
        return (
            self._board(answer, fetch, context)
            if fetch.kind == "board"
            else self._thread(answer, fetch, context)
        )

    def _board(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        tree = load_html(answer)
        reading = Reading()
        threads = parse_board(tree, answer.url, context, reading)
        floor = context.floor(fetch.chain)
        for one in threads:
            if one.last is None or one.last >= floor:
                carry = {"views": one.views, "replies": one.replies}
                reading.follow.append(Fetch(one.url, "thread", fetch.chain, essential=False, carry=carry))
        page = int(query_value(fetch.url, "page") or 1)
        last_page = page >= count_param(context.params, "pages", 200, 10_000)
        following = next_page(tree, answer.url)
        if following is None or last_page or context.all_older(fetch.chain, [one.last for one in threads]):
            reading.ended = (fetch.chain,)
        else:
            reading.follow.append(Fetch(following, "board", fetch.chain, fetch.essential))
        return reading

    def _thread(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        tree = load_html(answer)
        reading = parse_thread(tree, answer.url, fetch, context)
        page = int(query_value(fetch.url, "page") or 1)
        following = next_page(tree, answer.url)
        if following and page < count_param(context.params, "thread_pages", 100, 10_000):
            root = fetch.carry.get("root") or (reading.posts[0].post_id if reading.posts else None)
            reading.follow.append(Fetch(following, "thread", fetch.chain, False, {"root": root}))
        return reading


def _board_fetch(url: str, chain: str, *, essential: bool) -> Fetch:
    if "mod=forumdisplay" in url and query_value(url, "orderby") is None:
        url = with_query(url, filter="lastpost", orderby="lastpost")
    return Fetch(url, "board", chain, essential)


def _says(notice: str, words: tuple[str, ...]) -> bool:
    return any(word in notice for word in words)


def notice_of(answer: Answer) -> str | None:
    """Text of Discuz's notice page, ``None`` on any other page."""
    if b"messagetext" not in answer.body:
        return None
    node = load_html(answer).css_first("#messagetext")
    return node_text(node) if node is not None else None


def zone_of_page(tree: LexborHTMLParser, context: Context) -> tzinfo | None:
    """The zone that the page's foot names (``GMT+8``), else the source's own."""
    foot = tree.css_first("#ft")
    found = _GMT.search(foot.text() if foot is not None else "")
    if not found:
        return context.zone
    hours = int(found[1])
    fraction = float(f"0.{found[2]}") if found[2] and len(found[2]) == 1 else int(found[2] or 0) / 60
    return timezone(timedelta(hours=hours + (fraction if hours >= 0 else -fraction)))


def next_page(tree: LexborHTMLParser, base: str) -> str | None:
    """Address of the next page on the same site."""
    link = tree.css_first("div.pg a.nxt")
    href = link.attributes.get("href") if link is not None else None
    return same_site(href, base) if href else None


@dataclass(frozen=True, slots=True)
class _Thread:
    tid: str
    url: str
    last: datetime | None
    views: str | None
    replies: str | None


def parse_board(tree: LexborHTMLParser, base: str, context: Context, reading: Reading) -> list[_Thread]:
    """Threads of a board page, pinned ones too. Raises ``PageChanged`` where the page is no board."""
    if tree.css_first("#threadlist, #threadlisttableid") is None:
        raise PageChanged(f"{base}: no list of threads on the page")
    zone = zone_of_page(tree, context)
    threads: list[_Thread] = []

    def read(row: LexborNode) -> None:
        threads.append(_row(row, base, zone, context.now))

    rows = tree.css("tbody[id^=normalthread_], tbody[id^=stickthread_]")
    read_each(rows, read, reading, lambda row: row.html or "")
    return threads


def _row(row: LexborNode, base: str, zone: tzinfo | None, now: datetime) -> _Thread:
    tid = (row.id or "").rsplit("_", 1)[-1]
    link = row.css_first("a.xst")
    if link is None or not tid.isdigit():
        raise ValueError(f"row {row.id!r} without a title link")
    url = same_site(link.attributes.get("href") or "", base)
    if url is None:
        raise ValueError("title link leads to another site")
    cells = row.css("td.by")
    last = _when(cells[-1], now, zone)[0] if cells else None
    return _Thread(tid, with_query(url, extra=None), last, _text(row, "td.num em"), _text(row, "td.num a"))


def _text(node: LexborNode, selector: str) -> str | None:
    found = node.css_first(selector)
    return node_text(found) if found is not None else None


def _when(node: LexborNode, now: datetime, zone: tzinfo | None) -> Known:
    """The clock in a ``title``, else the words shown."""
    exact = node.css_first("span[title]")
    shown = (exact.attributes.get("title") or "") if exact is not None else ""
    if not _CLOCK.fullmatch(shown):
        words = node_text(node)
        found = _CLOCK.search(words)
        shown = found[0] if found else words.replace("发表于", "").replace("發表於", "").strip()
    return parse_time(shown, now, zone)


def parse_thread(tree: LexborHTMLParser, base: str, fetch: Fetch, context: Context) -> Reading:
    """Posts of one thread page; views and replies of the whole thread go to its first post."""
    if tree.css_first("#postlist") is None:
        raise PageChanged(f"{base}: no list of posts on the page")
    reading = Reading()
    zone = zone_of_page(tree, context)
    nodes = [n for n in tree.css("#postlist div[id^=post_]") if (n.id or "").removeprefix("post_").isdigit()]
    first_page = int(query_value(fetch.url, "page") or 1) == 1
    root = fetch.carry.get("root")
    if root is None and nodes and first_page:
        root = f"forum:{context.site}/{(nodes[0].id or '').removeprefix('post_')}"
    title = _text_of(tree, "#thread_subject")
    thread = _ThreadPage(base, zone, root, title, fetch.carry)
    read_each(nodes, lambda node: _post(node, thread, context), reading, lambda node: node.html or "")
    if not nodes:
        raise PageChanged(f"{base}: a list of posts without posts")
    return reading


def _text_of(tree: LexborHTMLParser, selector: str) -> str | None:
    found = tree.css_first(selector)
    return node_text(found) if found is not None else None


@dataclass(frozen=True, slots=True)
class _ThreadPage:
    base: str
    zone: tzinfo | None
    root: str | None
    title: str | None
    counts: dict[str, str | None]


def _post(node: LexborNode, thread: _ThreadPage, context: Context) -> Post:
    pid = (node.id or "").removeprefix("post_")
    body = node.css_first(f"#postmessage_{pid}") or node.css_first("td.t_f, div.t_f")
    if body is None:
        raise ValueError("hidden, deleted or for members only" if node.css_first(".locked") else "no text")
    post_id = f"forum:{context.site}/{pid}"
    is_root = post_id == thread.root
    quote, quoted_id = _quote(body, context)
    written = node.css_first(f"#authorposton{pid}") or node.css_first("em[id^=authorposton]")
    at, precision = (
        _when(written, context.now, thread.zone) if written is not None else parse_time(None, context.now)
    )
    counts = thread.counts if is_root else {}
    (replies, about), (views, roughly) = parse_count(counts.get("replies")), parse_count(counts.get("views"))
    return context.post(
        "forum",
        f"{context.site}/{pid}",
        node_text(body, [*quote, *body.css(".pstatus, .attach_nopermission, .jammer")]),
        url=urljoin(thread.base, f"{with_query(thread.base, extra=None)}#pid{pid}"),
        title=thread.title if is_root else None,
        author_key=context.author(
            "forum", context.site, _text(node, ".authi a.xw1") or _text(node, ".authi a")
        ),
        published_at=at,
        published_precision=precision,
        replies=replies,
        views=views,
        counts_precision=Precision.ROUNDED if about or roughly else Precision.EXACT,
        thread_id=thread.root,
        parent_id=None if is_root else quoted_id or thread.root,
        quoted_id=quoted_id,
        links=tuple(link for link in links_of(body.html or "") if "goto=findpost" not in link),
    )


def _quote(body: LexborNode, context: Context) -> tuple[list[LexborNode], str | None]:
    """Quote blocks whose post is known: their words are another's and are linked, not repeated."""
    for block in body.css("div.quote"):
        for link in block.css("a[href*='goto=findpost']"):
            pid = query_value(link.attributes.get("href") or "", "pid")
            if pid and pid.isdigit():
                return [block], f"forum:{context.site}/{pid}"
    return [], None
