"""A copy of a page as it was when somebody gave it as evidence: what the site sent, as a WARC record (ISO 28500)."""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.errors import CrawlError
from pipeline.outgoing import connected, target

MAX_PAGE_BYTES = 9_000_000
"""Below what evidence keeps, with room for the record's own lines."""
LONGEST_SECONDS = 15.0
"""All of it, redirects too: somebody waits."""
MOST_REDIRECTS = 5
AGENT = "Chengqing evidence"
_REDIRECTS = (301, 302, 303, 307, 308)
_OF_THE_WAY = ("transfer-encoding", "connection", "keep-alive")


@dataclass(frozen=True, slots=True)
class Page:
    """What a site sent: the address that answered in the end, status, headers and body."""

    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def archived_page(url: str, allowed: Collection[str] = ()) -> tuple[str, bytes]:
    """Ask for ``url`` once and give a file name and a WARC file of what came.

    Raises ``UsageError`` for an address that may not be asked (a private network, also behind a redirect), and
    ``CrawlError`` when the site does not answer, refuses, or sends too much.
    """
    deadline = time.monotonic() + LONGEST_SECONDS
    page = _page(url, allowed, deadline)
    for _ in range(MOST_REDIRECTS):
        if page.status not in _REDIRECTS:
            break
        page = _page(_onward(page), allowed, deadline)
    if page.status != http.client.OK:
        raise CrawlError(
            f"{urlsplit(page.url).hostname} answered {page.status}: keep a copy by hand and upload it",
            code="page_answered",
            host=urlsplit(page.url).hostname,
            status=page.status,
        )
    return f"{urlsplit(page.url).hostname}.warc", _warc(page)


def _onward(page: Page) -> str:
    place = next((value for name, value in page.headers if name.lower() == "location"), "")
    return urljoin(page.url, place)


def _page(url: str, allowed: Collection[str], deadline: float) -> Page:
    try:
        connection = connected(url, allowed, max(0.1, deadline - time.monotonic()))
        try:
            asked = {"User-Agent": AGENT, "Accept": "text/html,*/*;q=0.5", "Accept-Encoding": "identity"}
            connection.request("GET", target(url), headers=asked)
            answer = connection.getresponse()
            body = _body(answer, connection, deadline)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        host = urlsplit(url).hostname
        raise CrawlError(
            f"{host} does not answer ({type(error).__name__}): try later, or upload a copy",
            code="page_silent",
            host=host,
        ) from error
    return Page(url, answer.status, answer.reason, tuple(answer.getheaders()), body)


def _body(answer: http.client.HTTPResponse, connection: http.client.HTTPConnection, deadline: float) -> bytes:
    """All of it, within the time: a site that sends a byte a minute is cut off."""
    body = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("too slow")
        if connection.sock:
            connection.sock.settimeout(left)
        piece = answer.read1(65_536)
        if not piece:
            return body
        body += piece
        if len(body) > MAX_PAGE_BYTES:
            raise CrawlError(
                f"more than {MAX_PAGE_BYTES:,} bytes: keep what matters by hand and upload it",
                code="page_large",
                most=MAX_PAGE_BYTES,
            )


def _warc(page: Page) -> bytes:
    """One response record; names and times of the record are warcio's."""
    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=False)
    kept = [
        (name, value.replace("\r", " ").replace("\n", " "))
        for name, value in page.headers
        if name.lower() not in _OF_THE_WAY
    ]
    headers = StatusAndHeaders(f"{page.status} {page.reason}", kept, protocol="HTTP/1.1")
    record = writer.create_warc_record(
        page.url, "response", payload=io.BytesIO(page.body), http_headers=headers
    )
    writer.write_record(record)
    return stream.getvalue()
