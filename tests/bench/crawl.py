"""``chengqing bench crawl``: posts per CPU-second of our crawl path beside plain Scrapy, in the same run.

A thread of this process serves pages of 50 Mastodon statuses on loopback. Each reader is a child process of its own, so
its CPU time is known exactly; start-up is in it, for both. The peer yields one item per post into a JSON-lines feed, as
Scrapy's tutorial does, with the same fields and the cheapest way from HTML to text that it ships (w3lib); it does less
than we do: no keyed authors, no times, links, checks for repeats, or saved state. A second peer yields our own posts,
made by our own parser.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from crawlers.launch import crawl_sources
from crawlers.run import Job
from pipeline.bench import Metric
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls

PAGES, PER_PAGE, ROUNDS = 1_000, 50, 3
GOAL = 2.5
INCIDENT = 'id = "bench"\nopened_at = 2020-01-01T00:00:00Z\nwatch = "bench"\n[title]\nen = "bench"\n'
TEXT = "唐人街海港巷昨晚发生火灾，消防车来了很多，大家注意安全，不要靠近现场，有消息再更新"
PEER = """
import json, sys
from datetime import datetime, UTC
import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from w3lib.html import remove_tags, replace_entities

class Peer(scrapy.Spider):
    name = "peer"

    async def start(self):
        yield scrapy.Request(sys.argv[1] + "/api/v1/timelines/public?local=true&limit=40")

    def parse(self, response):
        statuses = json.loads(response.text)
        if len(sys.argv) > 3:
            yield from parse_as_we_do(statuses)
        for s in statuses if len(sys.argv) == 3 else ():
            yield {
                "id": s["uri"], "url": s["url"], "text": replace_entities(remove_tags(s["content"])),
                "created_at": s["created_at"], "author": s["account"]["acct"], "likes": s["favourites_count"],
                "reposts": s["reblogs_count"], "replies": s["replies_count"], "parent": s["in_reply_to_id"],
                "media": [m["url"] for m in s["media_attachments"]],
            }
        if statuses:
            yield response.follow("/api/v1/timelines/public?local=true&limit=40&max_id=" + statuses[-1]["id"])

if len(sys.argv) > 3:  # the second peer reads exactly what we read, with our own parser
    from crawlers.families.mastodon import parse
    from crawlers.identity import Identity
    from crawlers.items import Context

    now = datetime.now(UTC)
    context = Context("bench", "bench", "c", "c", now, datetime(2020, 1, 1, tzinfo=UTC), Identity("k" * 20).author)

    def parse_as_we_do(statuses):
        return parse(statuses, context).posts

process = AsyncCrawlerProcess({
    "FEEDS": {sys.argv[2]: {"format": "jsonlines"}}, "LOG_LEVEL": "WARNING", "ROBOTSTXT_OBEY": True,
    "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "DOWNLOAD_DELAY": 0,
})
process.crawl(Peer)
process.start()
"""


def _status(number: int) -> dict[str, object]:
    return {
        "id": str(number),
        "created_at": "2026-03-13T05:46:00.000Z",
        "in_reply_to_id": None,
        "spoiler_text": "",
        "visibility": "public",
        "language": "zh",
        "uri": f"https://bench.example/users/a{number % 997}/statuses/{number}",
        "url": f"https://bench.example/@a{number % 997}/{number}",
        "replies_count": 1,
        "reblogs_count": 2,
        "favourites_count": 3,
        "content": f'<p>{TEXT} {number} <a href="https://news.example/{number}" rel="nofollow">链接</a></p>',
        "reblog": None,
        "account": {
            "id": "1",
            "username": "a",
            "acct": f"a{number % 997}",
            "url": "https://bench.example/@a",
        },
        "media_attachments": [],
        "mentions": [],
        "tags": [],
    }


def _pages() -> dict[str | None, bytes]:
    """Bodies by the ``max_id`` that asks for them."""
    top = 10**6 + PAGES * PER_PAGE
    bodies: dict[str | None, bytes] = {}
    for page in range(PAGES):
        first = top - page * PER_PAGE
        body = json.dumps(
            [_status(n) for n in range(first, first - PER_PAGE, -1)], ensure_ascii=False
        ).encode()
        bodies[str(first + 1) if page else None] = body
    return bodies


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = _pages()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        is_robots = asked.path == "/robots.txt"
        body = (
            b"" if is_robots else self.server.pages.get(parse_qs(asked.query).get("max_id", [None])[0], b"[]")
        )
        self.send_response(404 if is_robots else 200)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ours(url: str, folder: Path) -> tuple[int, float]:
    data = DataDir(folder)
    data.incidents.mkdir(parents=True)
    data.incident_file("bench").write_text(INCIDENT, encoding="utf-8")
    source = {"name": "bench", "family": "mastodon", "url": url, "params": {"max_pages": PAGES + 2}}
    before = _cpu()
    outcome = crawl_sources([Job(str(folder), "bench", source, allow_loopback=True)], lambda *_: None)[0]
    seconds = _cpu() - before
    stored = sum(crawl.summary["posts"] for crawl in finished_crawls(data, "bench"))
    if outcome.why != "finished" or stored != PAGES * PER_PAGE:
        raise RuntimeError(
            f"our crawl stored {stored} posts and ended with {outcome.why}: {outcome.to_json()}"
        )
    return stored, seconds


def _peer(url: str, folder: Path, *more: str) -> tuple[int, float]:
    out, script = folder / "peer.jsonl", folder / "peer.py"
    script.write_text(PEER, encoding="utf-8")
    before = _cpu()
    subprocess.run(
        [sys.executable, "-P", str(script), url, str(out), *more], check=True, capture_output=True, cwd=folder
    )
    seconds = _cpu() - before
    stored = sum(1 for _ in out.open(encoding="utf-8"))
    if stored != PAGES * PER_PAGE:
        raise RuntimeError(f"the peer stored {stored} posts")
    return stored, seconds


def run(data: Path, progress: Callable[[str], None]) -> list[Metric]:
    """Three rounds of the readers, alternating; medians of posts per CPU-second and of the rounds' ratios."""
    server = _Server()
    readers = {"ours": _ours, "peer": _peer, "same parser": lambda url, folder: _peer(url, folder, "same")}
    speeds: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(ROUNDS):
        for name, read in readers.items():
            with tempfile.TemporaryDirectory(prefix="chengqing-bench-") as folder:
                posts, seconds = read(server.url, Path(folder))
            speeds[name].append(posts / seconds)
            progress(f"round {number + 1}: {name} {posts / seconds:,.0f} posts per CPU-second")
    server.shutdown()
    server.server_close()
    ours, peer = statistics.median(speeds["ours"]), statistics.median(speeds["peer"])
    ratio = statistics.median(a / b for a, b in zip(speeds["ours"], speeds["peer"], strict=True))
    same = statistics.median(a / b for a, b in zip(speeds["ours"], speeds["same parser"], strict=True))
    named = "Scrapy, item per post, feed export"
    return [
        Metric("crawl.posts_per_cpu_second", ours, peer, named, "posts/CPU-s"),
        Metric("crawl.ratio_to_peer", ratio, 1.0, named, "times", GOAL),
        Metric("crawl.ratio_to_peer_same_parser", same, 1.0, f"{named}, with our parser", "times", GOAL),
    ]
