"""Robots rules as RFC 9309 has them: a robots.txt that fails with 5xx, 429 or silence means no.

Scrapy alone treats every failed robots.txt as permission. Crawl-delay raises the pause between requests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler
from twisted.internet.defer import Deferred

from crawlers.net.agent import ROBOTS_TOKEN

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.http import Response
    from scrapy.robotstxt import RobotParser

MAX_CRAWL_DELAY = 120.0
_NO = b"User-agent: *\nDisallow: /"


class RobotsRefused(IgnoreRequest):
    """robots.txt forbids the address, or could not be read; the message says which."""


class StrictRobots(RobotsTxtMiddleware):
    """Obeys robots.txt; what cannot be read forbids."""

    _unread: dict[str, str]

    def _why(self) -> dict[str, str]:
        if not hasattr(self, "_unread"):
            self._unread = {}
        return self._unread

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Raise ``RobotsRefused`` where the rules, or their absence, forbid ``request``."""
        netloc = urlparse_cached(request).netloc
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            why = self._why().get(netloc, "robots.txt forbids it")
            raise RobotsRefused(f"{why}: {request.url}") from error

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429:
            self._why()[netloc] = f"robots.txt answered {response.status}, which means no"
            response = response.replace(body=_NO)
        elif response.status >= 300:
            response = response.replace(body=b"")  # no rules: an error page is not a rule file
        await super()._parse_robots(response, netloc, request)
        parser = self._parsers[netloc]
        if parser is not None and not isinstance(parser, Deferred):
            self._slow_down(parser, request)

    def _slow_down(self, parser: RobotParser, request: Request) -> None:
        """Keep the site's own Crawl-delay where it is longer than ours."""
        asked = min(parser.crawl_delay(ROBOTS_TOKEN) or 0.0, MAX_CRAWL_DELAY)
        engine = self.crawler.engine
        if not asked or engine is None:
            return
        host = urlparse_cached(request).hostname or ""
        if slot := engine.downloader.slots.get(host):
            slot.delay = max(slot.delay, asked)
            slot.jitter = 0.0  # jitter may only lengthen what a site asked for
        if throttle := self.crawler.get_extension(AutoThrottle):
            throttle.mindelay = max(throttle.mindelay, asked)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        waiting = self._parsers[netloc]
        self._why()[netloc] = f"robots.txt could not be read ({exc})"
        super()._robots_error(exc, netloc)
        if isinstance(waiting, Deferred):
            self._parsers[netloc] = build_from_crawler(self._parserimpl, self.crawler, _NO)
