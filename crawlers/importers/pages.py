"""Which family an archived page belongs to, and what a reader sees of one that belongs to none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawlers.items import Answer, Fetch
from crawlers.text import clean, node_text

MAX_TEXT = 50_000
"""Characters that are kept of a page; what a page says is said before."""
_NOISE = "nav, header, footer, aside, form, button, script, style, noscript"
_DISCUZ_PATH = re.compile(r"forum\.php|/(?:thread|forum)-\d|viewthread|forumdisplay")
_REVIEW = re.compile(rb'"@type"\s*:\s*\[?\s*"ClaimReview"')
_NO_QUERY = {"query": None, "title": None, "page": 1}
_WENXUECITY_POST = re.compile(r"/\d+\.html$")


@dataclass(frozen=True, slots=True)
class PageKind:
    """The family that reads a page, and as what kind of page."""

    family: str
    kind: str
    """``threads`` for a list that only leads to posts."""
    carry: dict[str, Any] = field(default_factory=dict)

    def fetch(self, url: str) -> Fetch:
        """The page as the family would have asked for it."""
        return Fetch(url, self.kind, chain="archive", carry=self.carry)


Test = Callable[[SplitResult, Answer], PageKind | None]


def kind_of_page(answer: Answer) -> PageKind | None:
    """The family of a page by its address, else by its first bytes; ``None`` where it is none of ours."""
    try:
        parts = urlsplit(answer.url)
    except ValueError:
        return None
    return next((kind for test in _TESTS if (kind := test(parts, answer)) is not None), None)


def _by_path(parts: SplitResult, answer: Answer) -> PageKind | None:
    """Interfaces whose addresses are the same on every site."""
    path, is_json = parts.path, "json" in answer.headers.get("content-type", "")
    if is_json and path.startswith("/api/v1/timelines/"):
        return PageKind("mastodon", "tag" if "/tag/" in path else "timeline")
    if is_json and path.startswith("/api/v2/search"):
        return PageKind("mastodon", "search")
    if is_json and path.endswith(("/wp/v2/posts", "/wp/v2/comments")):
        return PageKind("wordpress", path.rpartition("/")[2])
    if is_json and path.endswith("app.bsky.feed.getAuthorFeed"):
        return PageKind("bluesky", "feed")
    if is_json and path.endswith("/feeds/posts/default"):
        return PageKind("blogger", "posts")
    return None


def _by_host(parts: SplitResult, answer: Answer) -> PageKind | None:
    host, path = (parts.hostname or "").lower(), parts.path
    if host == "t.me" and path.startswith("/s/"):
        return PageKind("telegram", "channel")
    if host == "m.weibo.cn" and path == "/api/container/getIndex":
        return PageKind("weibo", "search", _NO_QUERY)
    if host.endswith("reddit.com") and path.endswith(".rss"):
        return PageKind("reddit", "list", _NO_QUERY)
    if host == "bbs.wenxuecity.com":
        return PageKind("wenxuecity", "detail" if _WENXUECITY_POST.search(path) else "threads", _NO_QUERY)
    if host.endswith("6parkbbs.com"):
        return PageKind("sixpark", "detail" if "tid=" in parts.query else "threads", _NO_QUERY)
    return None


def _by_content(parts: SplitResult, answer: Answer) -> PageKind | None:
    head, kind = answer.body[:6_000], answer.headers.get("content-type", "")
    if "html" not in kind:
        is_feed = re.search(rb"<(?:rss|feed|rdf:RDF)[\s>]", head[:2_000]) or "feed+json" in kind
        return PageKind("feed", "feed") if is_feed else None
    if _REVIEW.search(answer.body):
        return PageKind("claimreview", "detail")
    if b"Discuz!" not in head or not _DISCUZ_PATH.search(answer.url):
        return None
    is_thread = "thread-" in parts.path or "viewthread" in parts.query or b'id="postlist"' in answer.body
    return PageKind("discuz", "thread" if is_thread else "threads")


_TESTS: tuple[Test, ...] = (_by_host, _by_path, _by_content)


def page_text(tree: LexborHTMLParser) -> tuple[str | None, str]:
    """Title and text of a page: of its article where one is marked, without menus and forms."""
    heading = tree.css_first("title")
    title = clean(" ".join((heading.text() or "").split()))[:500] if heading is not None else ""
    body = tree.css_first("article") or tree.css_first("main") or tree.body
    text = node_text(body, tree.css(_NOISE)) if body is not None else ""
    return title or None, text[:MAX_TEXT]
