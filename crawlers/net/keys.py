"""A person's own keys on the wire: headers for one origin, made late, never part of a saved request, a log or a row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http.request import NO_CALLBACK

from crawlers.families.base import with_query
from crawlers.items import Answer
from crawlers.net.guard import is_loopback

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawlers.families.base import Family
    from crawlers.net.redact import Redactor

_LOGIN = "chengqing_login"


class LoginRefused(IgnoreRequest):
    """The site did not take the keys; the message says what it answered, without them."""


@dataclass(slots=True)
class Keys:
    """A source's secrets and the one origin (scheme, host, port) that may see them."""

    family: Family
    url: str
    secrets: Mapping[str, str]
    redact: Redactor
    headers: dict[str, str] | None = None

    def may_see(self, url: str) -> bool:
        """Whether ``url`` is the source's own origin, over TLS or on this machine; its robots.txt needs no keys."""
        asked, own = urlsplit(url), urlsplit(self.url)
        same = (asked.scheme, asked.netloc) == (own.scheme, own.netloc)
        return same and (asked.scheme == "https" or is_loopback(url)) and asked.path != "/robots.txt"

    def keep(self, headers: dict[str, str]) -> dict[str, str]:
        """Remember the headers for this crawl, and blot their values out of whatever is written from now on."""
        known = {*self.redact.secrets, *headers.values()}
        known |= {value.removeprefix("Bearer ") for value in headers.values()}
        self.redact.secrets = sorted(known, key=len, reverse=True)
        self.headers = headers
        return headers


class KeyHeaders:
    """Downloader middleware: adds the keys for their origin and takes them off everything else, redirects included."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.keys: Keys | None = getattr(crawler.spider, "keys", None)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> KeyHeaders:
        """Scrapy's constructor."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Request | None:
        """Set or remove this request's headers, or hand on one with keys in its query. Raises ``LoginRefused``."""
        if self.keys is None or request.meta.get(_LOGIN):
            return None
        for name in self.keys.headers or {}:
            request.headers.pop(name, None)
        if self.keys.may_see(request.url):
            headers = self.keys.headers
            for name, value in (headers if headers is not None else await self._first(self.keys)).items():
                request.headers[name] = value
            query = self.keys.family.secret_query(self.keys.secrets)
            keyed = with_query(request.url, **query) if query else request.url
            return request.replace(url=keyed) if keyed != request.url else None
        return None

    async def _first(self, keys: Keys) -> dict[str, str]:
        """The headers, after a login where the site wants one."""
        login = keys.family.login(keys.url, keys.secrets)
        if login is None:
            return keys.keep(keys.family.secret_headers(keys.secrets))
        url, body = login
        response = await self._post(url, body)
        answer = Answer(response.url, response.status, {}, response.body)
        found = keys.family.session_headers(answer) if response.status == 200 else None
        if not found:
            raise LoginRefused(f"login answered {response.status}: check the secrets that the card names")
        return keys.keep(found)

    async def _post(self, url: str, body: dict[str, Any]) -> Response:
        if self.keys is None or not self.keys.may_see(url) or self.crawler.engine is None:
            raise LoginRefused("login would leave the source's own site")
        request = Request(
            url,
            method="POST",
            body=json.dumps(body),
            headers={"Content-Type": "application/json"},
            meta={_LOGIN: True, "dont_redirect": True, "dont_retry": True},
            callback=NO_CALLBACK,
        )
        return await self.crawler.engine.download_async(request)
