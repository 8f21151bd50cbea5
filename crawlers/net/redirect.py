"""Redirects that tell nobody where we come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.redirect import RedirectMiddleware

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class SilentRedirect(RedirectMiddleware):
    """Follows redirects without a Referer; Scrapy's own warns at every start that nothing adds one."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SilentRedirect:
        """Scrapy's constructor, without asking for what would add a Referer."""
        made = cls(crawler.settings)
        made.crawler = crawler
        return made
