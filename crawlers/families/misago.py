"""Misago forums: lists of threads, newest activity first, then each thread's pages, marked up as schema.org has it.

The software's own robots.txt closes its JSON interface, so the pages that people see are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.families.base import Family, count_param, load_html, read_each, same_site
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import links_of, node_text, parse_count
from crawlers.times import parse_time
from pipeline.records import Post

_THREAD = re.compile(r"/t/[^/?#]+/(\d+)/(?:(\d+)/)?$")
_WRITER = re.compile(r"/u/[^/?#]+/(\d+)/")
_POST = "li.post[id^=post-]"


class Misago(Family):
    """``url`` is the forum, or one category's list (``…/c/name/3/``); ``pages`` bounds the lists that are read."""

    name = "misago"
    params = frozenset({"pages", "thread_pages"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """The list's own address."""
        return [Fetch(url.rstrip("/") + "/", "board", "threads", carry={"page": 1})]

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """A list gives threads to follow; a thread page gives posts."""
        tree = load_html(answer)
        if fetch.kind == "board":
            return self._board(tree, answer.url, fetch, context)
        return self._thread(tree, answer.url, fetch, context)

    def _board(self, tree: LexborHTMLParser, base: str, fetch: Fetch, context: Context) -> Reading:
        reading, threads = Reading(), list[_Thread]()
        rows = tree.css("li.threads-list-item")
        if not rows and tree.css_first("ul.list-group li.empty-message") is None:
            raise PageChanged(f"{base}: no list of threads on the page")
        read_each(
            rows, lambda row: threads.append(_row(row, base, context)), reading, lambda row: row.html or ""
        )
        floor = context.floor(fetch.chain)
        for one in threads:
            if one.last is None or one.last >= floor:
                carry = {"title": one.title, "replies": one.replies}
                reading.follow.append(Fetch(one.url, "thread", fetch.chain, False, carry))
        page, following = int(fetch.carry["page"]), _next(tree, base, "link[rel=next]")
        last = page >= count_param(context.params, "pages", 50, 10_000)
        if following is None or last or context.all_older(fetch.chain, [one.last for one in threads]):
            reading.ended = (fetch.chain,)
        else:
            reading.follow.append(Fetch(following, "board", fetch.chain, False, {"page": page + 1}))
        return reading

    def _thread(self, tree: LexborHTMLParser, base: str, fetch: Fetch, context: Context) -> Reading:
        reading = Reading()
        nodes = [node for node in tree.css(_POST) if _number(node).isdigit()]
        if not nodes:
            raise PageChanged(f"{base}: a thread without posts")
        first = fetch.carry.get("root") or f"forum:{context.site}/{_number(nodes[0])}"
        read_each(
            nodes, lambda node: _post(node, base, first, fetch, context), reading, lambda n: n.html or ""
        )
        following, page = (
            _next(tree, base, "nav.thread-paginator a[rel=next]"),
            int(fetch.carry.get("page", 1)),
        )
        if following and page < count_param(context.params, "thread_pages", 100, 10_000):
            carry = {"root": first, "page": page + 1}
            reading.follow.append(Fetch(following, "thread", fetch.chain, False, carry))
        return reading


@dataclass(frozen=True, slots=True)
class _Thread:
    url: str
    title: str
    last: datetime | None
    replies: int | None


def _next(tree: LexborHTMLParser, base: str, selector: str) -> str | None:
    link = tree.css_first(selector)
    href = link.attributes.get("href") if link is not None else None
    return same_site(href, base) if href else None


def _row(row: LexborNode, base: str, context: Context) -> _Thread:
    link = row.css_first("a.threads-list-item-title")
    href = (link.attributes.get("href") or "") if link is not None else ""
    url = same_site(href.removesuffix("new/"), base)  # members' links lead to what they have not read
    if link is None or url is None or not _THREAD.search(url):
        raise ValueError(f"row {row.id!r} without a link to its thread")
    activity = row.css_first("a.threads-list-item-last-activity")
    # "2026年3月14日 09:01 - 最新活动": in the forum's language; where it cannot be read the thread itself is read
    shown = (activity.attributes.get("title") or "").rpartition(" - ")[0] if activity is not None else ""
    replies = row.css_first(".threads-replies")
    count = re.search(r"\d+", replies.attributes.get("title") or "") if replies is not None else None
    return _Thread(
        url,
        node_text(link),
        parse_time(shown.strip(), context.now, context.zone)[0],
        parse_count(count[0])[0] if count else None,
    )


def _number(node: LexborNode) -> str:
    return (node.id or "").removeprefix("post-")


def _post(node: LexborNode, base: str, first: str, fetch: Fetch, context: Context) -> Post:
    native = f"{context.site}/{_number(node)}"
    body = node.css_first("[itemprop=articleBody] article.misago-markup")
    if body is None:
        raise ValueError("hidden, or its text cannot be shown")
    time = node.css_first("time[itemprop=datePublished]")
    at, precision = parse_time(time.attributes.get("datetime") if time is not None else None, context.now)
    is_first = f"forum:{native}" == first
    return context.post(
        "forum",
        native,
        node_text(body),
        url=f"{base.partition('#')[0]}#post-{_number(node)}",
        title=fetch.carry.get("title") if is_first else None,
        author_key=context.author("forum", context.site, _writer(node)),
        published_at=at,
        published_precision=precision,
        replies=fetch.carry.get("replies") if is_first else None,
        thread_id=first,
        parent_id=None if is_first else first,
        links=links_of(body.html or ""),
    )


def _writer(node: LexborNode) -> str | None:
    """The writer's number, which outlasts a change of name; the name shown where the account is gone."""
    link = node.css_first(".post-side a.item-title")
    found = _WRITER.search(link.attributes.get("href") or "") if link is not None else None
    shown = node.css_first("[itemprop=author]")
    return f"user {found[1]}" if found else node_text(shown) or None if shown is not None else None
