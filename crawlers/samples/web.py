"""Requests and replies of the sample sites as plain values, so that a site is a function that needs no socket."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any

from crawlers.samples.records import SamplePost, Store

PACIFIC = timezone(timedelta(hours=-7))  # the whole window lies in daylight saving time
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Request:
    """A GET: the path inside the site, the last value of each query field, and lower-case headers."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    base: str  # scheme, host and port that the client used

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Read an integer from the query, clamped; anything else gives the default."""
        return min(max(whole(self.query.get(name, ""), default), low), high)


@dataclass(frozen=True)
class Reply:
    """What goes back over the wire."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """The posts that can be seen and the sites' names (``material/sites.toml``)."""

    store: Store
    sites: dict[str, Any]


def whole(text: str, default: int) -> int:
    """Read up to 20 decimal digits; anything else gives the default."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else default


Site = Callable[[Request, World], Reply]


def escape(text: str) -> str:
    """Escape for HTML or XML, attributes included; characters that XML 1.0 forbids are dropped."""
    return html.escape(_CONTROL.sub("", text), quote=True)


def paragraphs(text: str) -> str:
    """Show verbatim text as HTML paragraphs: blank lines part them, single line ends become ``<br />``."""
    blocks = [escape(block).replace("\n", "<br />\n") for block in re.split(r"\n{2,}", text)]
    return "\n".join(f"<p>{block}</p>" for block in blocks)


def json_reply(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Encode as JSON, in UTF-8 without ASCII escapes."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8")
    return Reply(body, "application/json; charset=utf-8", status, headers or {})


def page(title: str, body: str, status: int = 200) -> Reply:
    """Return a small complete HTML page; ``body`` is trusted HTML, ``title`` is not."""
    head = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    return Reply(f"{head}<body>{body}</body></html>".encode(), status=status)


def not_found(what: str) -> Reply:
    """404 with a page that names what was asked for."""
    return page("404", f"<h1>404</h1><p>{escape(what)}</p>", status=404)


def validated(request: Request, reply: Reply, modified: str) -> Reply:
    """Add ETag and Last-Modified; answer 304 without body where the client's copy is current."""
    tag = f'"{hashlib.sha256(reply.body).hexdigest()[:24]}"'
    headers = {**reply.headers, "ETag": tag, "Last-Modified": modified}
    if "if-none-match" in request.headers:  # wins over If-Modified-Since (RFC 9110)
        known = [one.strip().removeprefix("W/") for one in request.headers["if-none-match"].split(",")]
        current = tag in known
    else:
        current = request.headers.get("if-modified-since") == modified
    if current:
        return Reply(b"", reply.content_type, 304, headers)
    return Reply(reply.body, reply.content_type, reply.status, headers)


def has_words(post: SamplePost, words: str) -> bool:
    """Whether title or text holds every blank-separated word, letters' case aside."""
    body = f"{post.title or ''}\n{post.text}".lower()
    return all(word in body for word in words.lower().split())
