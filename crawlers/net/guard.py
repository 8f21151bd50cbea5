"""The address guard: no request leaves for a private network, whatever a post, a redirect or a DNS answer says.

Two gates: a downloader middleware that reads each address (redirects included), and a resolver that reads each DNS
answer at connect time. Tests and the demo pass an explicit allow list; nothing else may.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingThreadedResolver

from pipeline.addresses import LOOPBACK, is_loopback, is_public, proxy_hosts, why_refused

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

__all__ = [
    "ALLOW_SETTING",
    "LOOPBACK",
    "AddressRefused",
    "GuardMiddleware",
    "GuardResolver",
    "check_url",
    "is_loopback",
    "is_public",
    "proxy_hosts",
]

ALLOW_SETTING = "CHENGQING_ALLOWED_HOSTS"


class AddressRefused(IgnoreRequest):
    """The address may not be fetched; the message says why."""


def check_url(url: str, allowed: Iterable[str] = ()) -> None:
    """Raise ``AddressRefused`` unless ``url`` is a plain web address outside every private network."""
    why = why_refused(url, allowed)
    if why:
        raise AddressRefused(why)


class GuardMiddleware:
    """Checks every request before any other middleware sees it."""

    def __init__(self, allowed: list[str]) -> None:
        self.allowed = frozenset(allowed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> GuardMiddleware:
        """Scrapy's constructor."""
        return cls(crawler.settings.getlist(ALLOW_SETTING))

    def process_request(self, request: Request) -> None:
        """Let a public address pass; raise ``AddressRefused`` for any other."""
        check_url(request.url, self.allowed)
        if urlsplit(request.url).hostname in self.allowed:
            request.meta["proxy"] = None  # a loopback test server is no business of the user's proxy


class GuardResolver(CachingThreadedResolver):
    """Resolves names and refuses every answer inside a private network, cached ones too."""

    allowed: frozenset[str] = frozenset()

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> GuardResolver:
        """Scrapy's constructor."""
        resolver = super().from_crawler(crawler, reactor)
        resolver.allowed = frozenset(crawler.settings.getlist(ALLOW_SETTING)) | proxy_hosts()
        return resolver

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:  # noqa: N802, ANN401  Twisted's name
        """The address of ``name``; fails with ``AddressRefused`` where it is not public."""
        answer = super().getHostByName(name, timeout)
        if name not in self.allowed:
            answer.addCallback(self._checked, name)
        return answer

    @staticmethod
    def _checked(address: str, name: str) -> str:
        if not is_public(address):
            raise AddressRefused(f"{name} resolves to {address}, which is in a private network")
        return address
