"""A web server on loopback that does what broken, hostile and unwilling servers do. Each case has its own port."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FEED = "<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>{items}</channel></rss>"
ITEM = (
    "<item><guid>{n}</guid><title>t{n}</title><description>第{n}条</description>"
    "<pubDate>Fri, 13 Mar 2026 06:{n:02}:00 GMT</pubDate></item>"
)
Respond = Callable[["Handler"], None]


def feed(first: int = 0, last: int = 3) -> bytes:
    """A feed whose items are numbered."""
    return FEED.format(items="".join(ITEM.format(n=n) for n in range(first, last))).encode()


class Misbehaving(ThreadingHTTPServer):
    """Serves ``/robots.txt`` and hands every other path to ``respond``; remembers what was asked and when."""

    daemon_threads = True

    def __init__(self, respond: Respond, robots: tuple[int, bytes] | None = (404, b"")) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.respond, self.robots = respond, robots
        self.asked: list[tuple[float, str, dict[str, str]]] = []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked if path != "/robots.txt"]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what half of these cases are about."""

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Misbehaving
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.asked.append(
            (time.monotonic(), self.path, {k.lower(): v for k, v in self.headers.items()})
        )
        if self.path != "/robots.txt":
            self.server.respond(self)
        elif self.server.robots is None:
            self.close_connection = True
            self.connection.close()
        else:
            status, body = self.server.robots
            self.answer(body, "text/plain", status)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def answer(
        self, body: bytes, kind: str = "application/rss+xml", status: int = 200, **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    @property
    def tries(self) -> int:
        return self.server.paths().count(self.path)


def fine(handler: Handler) -> None:
    handler.answer(feed(), Set_Cookie="session=1; Path=/")


def first(times: int, status: int, then: Respond = fine, **headers: str) -> Respond:
    """An error for the first ``times`` tries of an address."""

    def respond(handler: Handler) -> None:
        if handler.tries <= times:
            handler.answer(b"no", "text/plain", status, **headers)
        else:
            then(handler)

    return respond


def redirect(target: str) -> Respond:
    return lambda handler: handler.answer(b"", "text/plain", 302, Location=target)


def drip(handler: Handler) -> None:
    """Headers at once, then a byte now and then."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def truncated(times: int) -> Respond:
    """Promises more than it sends, ``times`` times."""

    def respond(handler: Handler) -> None:
        if handler.tries > times:
            handler.answer(feed())
            return
        handler.send_response(200)
        handler.send_header("Content-Type", "application/rss+xml")
        handler.send_header("Content-Length", str(len(feed()) + 500))
        handler.end_headers()
        handler.wfile.write(feed())
        handler.wfile.flush()
        handler.close_connection = True
        handler.connection.close()

    return respond


def gzip_bomb(handler: Handler) -> None:
    handler.answer(gzip.compress(b"\0" * 300_000_000, 1), Content_Encoding="gzip")


def huge(handler: Handler) -> None:
    """Announces 50 MB."""
    handler.send_response(200)
    handler.send_header("Content-Length", "50000000")
    handler.end_headers()
    for _ in range(50):
        handler.wfile.write(b"x" * 1_000_000)


def endless(handler: Handler) -> None:
    """Announces nothing and never ends."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 1_000_000)


def page(body: str, status: int = 200) -> Respond:
    return lambda handler: handler.answer(body.encode(), "text/html; charset=utf-8", status)


def paged(pages: int, die_after: int | None = None) -> Respond:
    """A feed in pages of ten; after ``die_after`` answers the server hangs up on everybody."""

    def respond(handler: Handler) -> None:
        if die_after is not None and len(handler.server.paths()) > die_after:
            handler.close_connection = True
            handler.connection.close()
            return
        number = int(handler.path.partition("paged=")[2] or 1)
        if number > pages:
            handler.answer(b"", "text/html", 404)
        else:
            handler.answer(feed((number - 1) * 10, number * 10))

    return respond
