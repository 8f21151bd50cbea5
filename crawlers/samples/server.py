"""Serve the sample incident as five sites on one loopback port, for demonstrations and tests over real HTTP.

``python -m crawlers.samples.server [--incident ID] [--port 0] [--until ISO]`` prints one JSON line with its address::

    {"base": "http://127.0.0.1:40123", "incident": "sf-harbor-lane-fire", "posts": 1984}

Sites: ``/feed/rss.xml``, ``/mastodon/api/...``, ``/wp/wp-json/...``, ``/forum/forum.php``, ``/telegram/s/<channel>``.
"""

from __future__ import annotations

import argparse
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from crawlers.samples import site_feed, site_forum, site_mastodon, site_telegram, site_wordpress
from crawlers.samples.material import read_sites
from crawlers.samples.records import DEFAULT_INCIDENT, Store, incident_folder, parse_time, read_posts
from crawlers.samples.web import Reply, Request, Site, World, not_found, page

SITES: dict[str, Site] = {
    "feed": site_feed.respond,
    "mastodon": site_mastodon.respond,
    "wp": site_wordpress.respond,
    "forum": site_forum.respond,
    "telegram": site_telegram.respond,
}
_ROBOTS = """User-agent: *
Disallow: /forum/home.php
Disallow: /forum/search.php
Disallow: /forum/forum.php?mod=redirect
Disallow: /forum/forum.php?mod=post
Disallow: /mastodon/media_proxy/
Disallow: /wp/wp-admin/
"""


def open_world(folder: Path, until: str | None = None) -> World:
    """Read an incident's posts and site names; ``until`` (ISO 8601) hides what came later."""
    moment = parse_time(until) if until else None
    return World(Store(read_posts(folder), moment), read_sites(folder / "material"))


def answer(request: Request, world: World) -> Reply:
    """Route one request to its site by the first part of the path."""
    if request.path == "/robots.txt":
        return Reply(_ROBOTS.encode(), "text/plain; charset=utf-8")
    prefix, _, rest = request.path.lstrip("/").partition("/")
    if not prefix:
        return page("sample sites", "".join(f'<p><a href="/{name}/">{name}</a></p>' for name in SITES))
    if prefix not in SITES:
        return not_found(request.path)
    return SITES[prefix](Request("/" + rest, request.query, request.headers, request.base), world)


class SampleServer(ThreadingHTTPServer):
    """The five sites on 127.0.0.1; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, world: World, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.world = world

    @property
    def base(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: SampleServer
    server_version = "sample"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body leave in two writes: waiting costs 40 ms a page

    def do_GET(self) -> None:
        """Answer a GET."""
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        """Answer a HEAD: the same headers, no body."""
        self._send(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the tests' output is theirs."""

    def _send(self, *, with_body: bool) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        reply = answer(Request(parts.path, query, headers, self.server.base), self.server.world)
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(reply.body)


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve a sample incident as five sites on 127.0.0.1.")
    parser.add_argument("--incident", default=DEFAULT_INCIDENT)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--until", help="hide posts later than this ISO 8601 time")
    given = parser.parse_args(arguments)
    world = open_world(incident_folder(given.incident), given.until)
    shown = sum(len(posts) for posts in world.store.by_site.values())
    with SampleServer(world, given.port) as server:
        sys.stdout.write(json.dumps({"base": server.base, "incident": given.incident, "posts": shown}) + "\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
