"""Keeping a page as evidence: what a site sent, bounded, and never from inside a private network."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from pipeline import archived
from pipeline.archived import archived_page
from pipeline.errors import CrawlError, UsageError
from pipeline.ledger.evidence import EvidenceBook
from pipeline.outgoing import quoted

pytestmark = pytest.mark.filterwarnings(  # warcio's writer leaves its buffers to the collector
    "ignore:Unclosed file:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
PAGE = "<p>没有停水。</p>".encode()


class Site(BaseHTTPRequestHandler):
    """Pages that behave and pages that do not."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        name = self.path.split("?")[0].strip("/")
        if name.startswith("moved"):
            places = {
                "moved": "/page",
                "moved-inside": "http://127.0.0.2/",
                "moved-file": "file:///etc/passwd",
            }
            self._send(302, b"", location=places.get(name, "/moved-round"))
        elif name == "huge":
            self._send(200, b"x" * 50_000)
        elif name == "slow":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                time.sleep(0.05)
                self.wfile.write(b".")
                self.wfile.flush()
        else:
            self._send({"gone": 404}.get(name, 200), PAGE, server="a\x00b", **{"set-cookie": "k=v"})

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in {**headers, "content-length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def kept(url: str) -> tuple[str, bytes]:
    return archived_page(url, allowed=("127.0.0.1",))


@pytest.mark.parametrize("path", ["/page", "/moved", "/页?q=停水 吗"])
def test_the_copy_is_what_the_site_sent(site: str, path: str, tmp_path: Path) -> None:
    name, body = kept(site + path)
    record = next(iter(ArchiveIterator(io.BytesIO(body))))
    assert record.rec_headers["WARC-Target-URI"].startswith(site) and record.rec_headers["WARC-Date"]
    assert record.http_headers.get_statuscode() == "200" and record.content_stream().read() == PAGE
    book = EvidenceBook(tmp_path / "ledger.sqlite")
    book.add("fire", "c1", author="mei", url=site, file=(name, body))
    piece = book.of("fire", "c1")[0]
    assert piece.file_type == "warc" and piece.file_name == "127.0.0.1.warc" and book.body(piece) == body


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest",
        "http://0x7f.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:password@example.org/",
        "example.org",
        "https://[::1",
        "http://" + "a" * 3_000 + ".example/",
    ],
)
def test_no_private_network_is_asked(url: str) -> None:
    with pytest.raises(UsageError):
        archived_page(url)


@pytest.mark.parametrize("path", ["/moved-inside", "/moved-file"])
def test_a_redirect_leads_into_none_either(site: str, path: str) -> None:
    with pytest.raises(UsageError):
        kept(site + path)


@pytest.mark.parametrize(
    ("path", "told"), [("/gone", "404"), ("/moved-round", "302"), ("/huge", "more than")]
)
def test_what_cannot_be_kept_is_said(
    site: str, path: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archived, "MAX_PAGE_BYTES", 20_000)
    with pytest.raises(CrawlError, match=told):
        kept(site + path)


def test_a_site_that_drips_is_cut_off(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archived, "LONGEST_SECONDS", 0.5)
    begun = time.monotonic()
    with pytest.raises(CrawlError, match="does not answer"):
        kept(f"{site}/slow")
    assert time.monotonic() - begun < 3
    with pytest.raises(CrawlError, match="does not answer"):
        kept("http://127.0.0.1:9/")


def test_a_request_is_one_line() -> None:
    assert (
        quoted("/a b\r\nHost: evil\x00") == "/a%20b%0D%0AHost:%20evil%00" and quoted("/%E9?x=1") == "/%E9?x=1"
    )
