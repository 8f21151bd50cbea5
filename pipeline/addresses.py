"""Which web addresses may be asked: none inside a private network, however it is spelled. Pure but for the proxies.

What crawls and what sends stand on the same rules; whoever connects must also check what a name resolves to.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_URL = 2083


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


class Refused(NamedTuple):
    """Why an address may not be asked; ``inside`` is its host where that lies in a private network."""

    why: str
    inside: str | None = None


def why_refused(url: str, allowed: Iterable[str] = ()) -> str | None:
    """Why ``url`` may not be asked; ``None`` for a plain web address outside every private network."""
    found = refused(url, allowed)
    return found.why if found else None


def refused(url: str, allowed: Iterable[str] = ()) -> Refused | None:
    """The same, with the host that is the reason."""
    if len(url) > MAX_URL:
        return Refused(f"address of {len(url)} characters; at most {MAX_URL} are followed")
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError as error:
        return Refused(f"not a web address: {error}")
    if parts.scheme not in {"http", "https"}:
        return Refused(f"scheme {parts.scheme!r}: only http and https are fetched")
    if host in set(allowed):
        return None
    if parts.username is not None or parts.password is not None:
        return Refused("address with a user name in it")
    why = _why_host(host) if host else "address without a host"
    return Refused(why, host or None) if why else None


def _why_host(host: str) -> str | None:
    if _literal(host) is not None:
        return None if is_public(host) else f"{host} is in a private network"
    if "." not in host or host.endswith((".localhost", ".local", ".internal", ".home.arpa")):
        return f"{host} is a name of a private network"
    return f"{host} is this machine's own proxy" if host in proxy_hosts() else None


def proxy_hosts() -> set[str]:
    """Hosts of the proxies that the user's environment names; we connect to them, never read from them."""
    hosts = (urlsplit(url).hostname for scheme, url in getproxies().items() if scheme != "no")
    return {host for host in hosts if host}
