"""Weibo's mobile search 微博, with the user's own cookie. Off until a person decides about robots.txt, in writing.

The search shows strangers nothing, shows members what it likes, and answers haste with an empty list: a card with no
posts is a refusal here, never a result. Long posts are cut in the list (``全文``); what was seen is kept at once, and a
second request asks for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
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
_EXTEND = "/statuses/extend"
_MAX_CARDS = 2_000
_COUNTS = {"likes": "attitudes_count", "reposts": "reposts_count", "replies": "comments_count"}


class Weibo(Family):
    """``url`` is ``https://m.weibo.cn``; one chain per query, newest first. ``long_texts = false`` leaves posts cut."""

    name = "weibo"
    version = "2"
    params = frozenset({"pages", "long_texts"})
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
            nothing = (
                "no whole text, or a soft throttle"
                if _EXTEND in answer.url
                else "no posts, or a soft throttle"
            )
            meaning = "the cookie has expired" if number == -100 else nothing
            return f"ok = {number}: {meaning}" + (f" ({message[:80]})" if message else "")
        return super().is_refusal(answer)

    def is_end(self, answer: Answer, fetch: Fetch) -> bool:
        """Past the last page the list is empty; on the first page that is a refusal."""
        ok = _ok(answer) if answer.status == 200 else None
        return ok is not None and ok[0] == 0 and int(query_value(fetch.url, "page") or 1) > 1

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of cards, or the whole text of one post."""
        if fetch.kind == "detail":
            return Reading(fuller=[_fuller(answer, fetch, context)])
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
        if context.params.get("long_texts", True):
            reading.follow += _long_texts(entries, reading.posts, fetch, context)
        return reading


def _fetch(root: str, query: str, alone: bool) -> Fetch:
    inner = f"100103type=61&q={query}&t=0"  # 61 is newest first
    address = with_query(root, containerid=inner, page_type="searchall", page=1)
    return Fetch(address, "search", f"search {query}", alone, {"query": query})


def _is_cut(entry: dict[str, Any]) -> bool:
    """Whether the list shows only the beginning of a post."""
    whole = entry.get("longText")
    if isinstance(whole, dict) and whole.get("longTextContent"):
        return False
    return bool(entry.get("isLongText") or _MORE.search(str(entry.get("text") or "")))


def _long_texts(entries: list[Any], found: list[Post], fetch: Fetch, context: Context) -> list[Fetch]:
    """A request for each post of the window that the page cuts short, originals of reposts among them."""
    both = [
        one for entry in entries if isinstance(entry, dict) for one in (entry, entry.get("retweeted_status"))
    ]
    cut = {
        f"weibo:{one.get('mid') or one.get('id')}" for one in both if isinstance(one, dict) and _is_cut(one)
    }
    known = {post.post_id: post for post in found if post.post_id in cut}
    due = [p for p in known.values() if p.published_at is None or p.published_at >= context.start]
    root = fetch.url.split("/api/container/")[0]
    return [
        Fetch(with_query(root + _EXTEND, id=_native(post)), "detail", fetch.chain, False, _carried(post))
        for post in due
    ]


def _native(post: Post) -> str:
    return post.post_id.removeprefix("weibo:")


def _carried(post: Post) -> dict[str, Any]:
    """What the second answer does not repeat, as JSON values; the author is a key already."""
    return {
        "id": _native(post),
        "author_key": post.author_key,
        "published_at": post.published_at.isoformat() if post.published_at else None,
        "published_precision": post.published_precision.value,
        "repost_of": post.repost_of,
        "media": list(post.media),
        "query": post.query,
        "counts": {name: getattr(post, name) for name in _COUNTS},
        "counts_precision": post.counts_precision.value,
    }


def _fuller(answer: Answer, fetch: Fetch, context: Context) -> Post:
    """A post with its whole text; counts as this answer shows them. Raises ``PageChanged``."""
    data, carry = load_json(answer, dict).get("data"), fetch.carry
    content = data.get("longTextContent") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(content, str) or not content:
        raise PageChanged(f"{answer.url}: no whole text")
    counts, precision = _counts(data)
    if all(number is None for number in counts.values()):
        counts, precision = carry["counts"], Precision(carry["counts_precision"])
    at = carry["published_at"]
    return context.post(
        "weibo",
        carry["id"],
        html_to_text(content),
        url=_address(carry["id"]),
        author_key=carry["author_key"],
        published_at=datetime.fromisoformat(at) if at else None,
        published_precision=Precision(carry["published_precision"]),
        counts_precision=precision,
        repost_of=carry["repost_of"],
        links=_links(content),
        media=tuple(carry["media"]),
        query=carry["query"],
        **counts,
    )


def _counts(entry: dict[str, Any]) -> tuple[dict[str, int | None], Precision]:
    """Likes, reposts and replies, and whether any of them is rounded."""
    read = {name: parse_count(entry.get(field)) for name, field in _COUNTS.items()}
    rounded = any(rounded for _, rounded in read.values())
    return {n: number for n, (number, _) in read.items()}, Precision.ROUNDED if rounded else Precision.EXACT


def _links(content: str) -> tuple[str, ...]:
    """Links that the writer set; the service's own are tags and people."""
    return tuple(link for link in links_of(content) if not link.startswith("https://m.weibo.cn/"))


def _address(number: str) -> str:
    return f"https://m.weibo.cn/detail/{number}"


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
    counts, rounded = _counts(entry)
    return context.post(
        "weibo",
        number,
        html_to_text(content),
        url=_address(number),
        author_key=context.author("weibo", (entry.get("user") or {}).get("id")),
        published_at=at,
        published_precision=precision,
        counts_precision=rounded,
        repost_of=repost_of,
        links=_links(content),
        media=_media(entry),
        query=query,
        **counts,
    )


def _media(entry: dict[str, Any]) -> tuple[str, ...]:
    """Pictures in their largest form, and one form of a video."""
    pictures = [(one.get("large") or {}).get("url") or one.get("url") for one in entry.get("pics") or []]
    page = entry.get("page_info")
    forms = (page.get("urls") or page.get("media_info")) if isinstance(page, dict) else None
    shown = forms.values() if isinstance(forms, dict) else []
    videos = [url for url in shown if isinstance(url, str) and url.startswith(("http://", "https://"))][:1]
    return tuple(url for url in [*pictures, *videos] if isinstance(url, str))[:20]
