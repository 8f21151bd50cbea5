"""The address guard: no request leaves for a private network, whatever a post, a redirect or a DNS answer says.

Two gates: a downloader middleware that reads each address (redirects included), and a resolver that reads each DNS
answer at connect time. Tests and the demo pass an explicit allow list; nothing else may.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from scrapy.exceptions import IgnoreRequest
from scrapy.resolver import CachingThreadedResolver

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from twisted.internet.base import ReactorBase
    from twisted.internet.defer import Deferred

ALLOW_SETTING = "CHENGQING_ALLOWED_HOSTS"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_URL = 2083


class AddressRefused(IgnoreRequest):
    """The address may not be fetched; the message says why."""


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host spells, in any spelling that a C library reads (``127.1``, ``0x7f.1``)."""
    try:
        return ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def is_public(address: str) -> bool:
    """Whether an IP address is reachable by everybody, looking through IPv4 wrapped in IPv6."""
    ip = _literal(address)
    if ip is None:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None and not inner.is_global:
            return False
    return ip.is_global and not ip.is_multicast


def is_loopback(url: str) -> bool:
    """Whether an address names this machine."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    ip = _literal(host)
    return host == "localhost" or (ip is not None and ip.is_loopback)


def check_url(url: str, allowed: Iterable[str] = ()) -> None:
    """Raise ``AddressRefused`` unless ``url`` is a plain web address outside every private network."""
    if len(url) > MAX_URL:
        raise AddressRefused(f"address of {len(url)} characters; at most {MAX_URL} are followed")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError as error:
        raise AddressRefused(f"not a web address: {error}") from error
    if parts.scheme not in {"http", "https"}:
        raise AddressRefused(f"scheme {parts.scheme!r}: only http and https are fetched")
    if not host:
        raise AddressRefused("address without a host")
    if host in set(allowed):
        return
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("address with a user name in it")
    _check_host(host)


def _check_host(host: str) -> None:
    if _literal(host) is not None:
        if not is_public(host):
            raise AddressRefused(f"{host} is in a private network")
    elif "." not in host or host.endswith((".localhost", ".local", ".internal", ".home.arpa")):
        raise AddressRefused(f"{host} is a name of a private network")
    elif host in proxy_hosts():
        raise AddressRefused(f"{host} is this machine's own proxy")


def proxy_hosts() -> set[str]:
    """Hosts of the proxies that the user's environment names; we connect to them, never read from them."""
    hosts = (urlsplit(url).hostname for scheme, url in getproxies().items() if scheme != "no")
    return {host for host in hosts if host}


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
