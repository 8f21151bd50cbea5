"""Connections to addresses that people gave us: into no private network, whatever a name resolves to."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Collection
from urllib.parse import urlsplit

from pipeline.addresses import is_public, refused
from pipeline.errors import UsageError

TIMEOUT_SECONDS = 15.0


def connected(
    url: str, allowed: Collection[str] = (), timeout: float = TIMEOUT_SECONDS
) -> http.client.HTTPConnection:
    """A connection for ``url``, its address checked after the name was resolved: no second look at the name.

    ``allowed`` are hosts that may be asked wherever they are. Raises ``UsageError`` for an address that may not be
    asked, ``OSError`` for one that does not answer.
    """
    if found := refused(url, allowed):
        if found.inside:
            raise UsageError(found.why, code="address_private", host=found.inside)
        raise UsageError(found.why, code="address_refused")
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    if host not in allowed and not is_public(str(address[0])):
        raise UsageError(
            f"{host} resolves to {address[0]}, which is in a private network",
            code="address_private",
            host=host,
        )
    raw = socket.socket(family, kind, proto)
    try:
        raw.settimeout(timeout)
        raw.connect(address)
        if parts.scheme == "https":
            raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    except BaseException:
        raw.close()
        raise
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    connection.sock = raw
    return connection


def target(url: str) -> str:
    """Path and query to ask for on the connection, escaped where a person typed it as read."""
    parts = urlsplit(url)
    return quoted(parts.path or "/") + (f"?{quoted(parts.query)}" if parts.query else "")


def quoted(text: str) -> str:
    """``text`` for a request line: what is no printable ASCII is percent-encoded, what is encoded stays."""
    return "".join(
        c if "!" <= c <= "~" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace")) for c in text
    )
