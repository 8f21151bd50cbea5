"""Weibo's mobile search 微博, with the user's own cookie. Off until a person decides about robots.txt, in writing.

The search shows strangers nothing, shows members what it likes, and answers haste with an empty list: a card with no
posts is a refusal here, never a result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from crawlers.families.base import (
    Family,
    count_param,
    load_json,
    query_value,
    read_each,
    show_json,
    with_query,
)
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import html_to_text, links_of, parse_count
from crawlers.times import CHINA, parse_time
from pipeline.errors import UsageError
from pipeline.records import Post, Precision

_MORE = re.compile(r"\.{3}<a [^<>]*>全文</a>\s*$")
_MAX_CARDS = 2_000


class Weibo(Family):
    """``url`` is ``https://m.weibo.cn``; one chain per query, newest first."""

    name = "weibo"
    params = frozenset({"pages"})
    needs_decision = True

    def start(self, url: str, context: Context) -> list[Fetch]:
        """The newest posts of each query."""
        if not context.queries:
            raise UsageError(f"source {context.source}: give the incident queries")
        root, alone = url.rstrip("/") + "/api/container/getIndex", len(context.queries) == 1
        return [_fetch(root, query, alone) for query in context.queries]

    def secret_headers(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """The cookie of the user's own session, as their browser would send it."""
        return {"Cookie": secrets["weibo_cookie"]}

    def is_refusal(self, answer: Answer) -> str | None:
        """Expired cookies, login pages, and the empty first page that haste is answered with."""
        host = urlsplit(answer.url).hostname or ""
        if host.startswith(("passport.", "login.")) or answer.body.lstrip()[:1] == b"<":
            return super().is_refusal(answer) or "login page"
        if answer.status == 200 and (ok := _ok(answer)) is not None and ok[0] != 1:
            number, message = ok
            meaning = "the cookie has expired" if number == -100 else "no posts, or a soft throttle"
            return f"ok = {number}: {meaning}" + (f" ({message[:80]})" if message else "")
        return super().is_refusal(answer)

    def is_end(self, answer: Answer, fetch: Fetch) -> bool:
        """Past the last page the list is empty; on the first page that is a refusal."""
        ok = _ok(answer) if answer.status == 200 else None
        return ok is not None and ok[0] == 0 and int(query_value(fetch.url, "page") or 1) > 1

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of cards."""
        entries = mblogs_of(answer)
        reading = Reading()
        query = fetch.carry.get("query")
        read_each(entries, lambda entry: posts(entry, context, query), reading, show_json)
        page = int(query_value(fetch.url, "page") or 1)
        older = context.all_older(fetch.chain, [post.published_at for post in reading.posts])
        if older or not entries or page >= count_param(context.params, "pages", 10, 50):
            reading.ended = (fetch.chain,)
        else:
            following = with_query(fetch.url, page=page + 1)
            reading.follow.append(Fetch(following, "search", fetch.chain, fetch.essential, fetch.carry))
        return reading


def _fetch(root: str, query: str, alone: bool) -> Fetch:
    inner = f"100103type=61&q={query}&t=0"  # 61 is newest first
    address = with_query(root, containerid=inner, page_type="searchall", page=1)
    return Fetch(address, "search", f"search {query}", alone, {"query": query})


def _ok(answer: Answer) -> tuple[int, str] | None:
    """The answer's own verdict and message, ``None`` where it has none."""
    try:
        found = load_json(answer, dict)
    except PageChanged:
        return None
    number = found.get("ok")
    return (number, str(found.get("msg") or "")) if isinstance(number, int) else None


def mblogs_of(answer: Answer) -> list[Any]:
    """Posts of a page of cards; groups are opened, advertisements and headings left out. Raises ``PageChanged``."""
    data = load_json(answer, dict).get("data")
    cards = data.get("cards") if isinstance(data, dict) else None
    if not isinstance(cards, list):
        raise PageChanged(f"{answer.url}: no list of cards")
    found: list[Any] = []
    waiting = list(reversed(cards))
    for _ in range(_MAX_CARDS):
        if not waiting:
            break
        card = waiting.pop()
        if not isinstance(card, dict):
            found.append(card)
        elif "mblog" in card:
            found.append(card["mblog"])
        elif isinstance(card.get("card_group"), list):
            waiting.extend(reversed(card["card_group"]))
    if not found:
        raise PageChanged(f"{answer.url}: {len(cards)} cards, none with a post")
    return found


def posts(entry: dict[str, Any], context: Context, query: str | None = None) -> list[Post]:
    """A post; a repost comes after the post that it repeats."""
    original = entry.get("retweeted_status")
    if not isinstance(original, dict):
        return [_post(entry, context, query, None)]
    if not isinstance(original.get("user"), dict):  # deleted or closed: a notice stands in its place
        return [_post(entry, context, query, f"weibo:{_number(original)}")]
    first = _post(original, context, query, None)
    return [first, _post(entry, context, query, first.post_id)]


def _number(entry: dict[str, Any]) -> str:
    """The post's number, which no browser can hold as a number. Raises ``ValueError``."""
    number = str(entry.get("mid") or entry["id"])
    if not number.isdigit():
        raise ValueError(f"mid {number[:40]!r}")
    return number


def _post(entry: dict[str, Any], context: Context, query: str | None, repost_of: str | None) -> Post:
    number = _number(entry)
    content = _MORE.sub("…", str((entry.get("longText") or {}).get("longTextContent") or entry["text"]))
    at, precision = parse_time(entry.get("created_at"), context.now, CHINA)
    counts = [parse_count(entry.get(f"{name}_count")) for name in ("attitudes", "reposts", "comments")]
    return context.post(
        "weibo",
        number,
        html_to_text(content),
        url=f"https://m.weibo.cn/detail/{number}",
        author_key=context.author("weibo", (entry.get("user") or {}).get("id")),
        published_at=at,
        published_precision=precision,
        likes=counts[0][0],
        reposts=counts[1][0],
        replies=counts[2][0],
        counts_precision=Precision.ROUNDED if any(rounded for _, rounded in counts) else Precision.EXACT,
        repost_of=repost_of,
        links=tuple(link for link in links_of(content) if not link.startswith("https://m.weibo.cn/")),
        media=_media(entry),
        query=query,
    )


def _media(entry: dict[str, Any]) -> tuple[str, ...]:
    pictures = [(one.get("large") or {}).get("url") or one.get("url") for one in entry.get("pics") or []]
    return tuple(url for url in pictures if isinstance(url, str))[:20]
