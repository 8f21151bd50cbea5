"""Scrapy's settings for every crawl: polite, bounded, and without doors into this machine."""

from __future__ import annotations

from typing import Any

from crawlers.net.agent import ROBOTS_TOKEN, user_agent
from crawlers.net.guard import ALLOW_SETTING
from crawlers.net.retry import BACKOFF_SETTING, LONGEST_WAIT_SETTING

MAX_BODY = 15_000_000
MIN_DELAY = 1.0
"""Seconds between requests to a site that is not this machine."""


def crawl_settings(
    *,
    delay: float,
    allowed: list[str],
    timeout: float = 30.0,
    backoff: float = 2.0,
    longest_wait: float = 300.0,
) -> dict[str, Any]:
    """The settings of one crawl. ``delay`` in seconds; ``allowed`` names hosts that the address guard lets pass."""
    return {
        **_CLOSED_DOORS,
        **_BOUNDS,
        "USER_AGENT": user_agent(),
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": ROBOTS_TOKEN,
        "DOWNLOAD_DELAY": delay,
        "DOWNLOAD_DELAY_JITTER": 0.5,
        "AUTOTHROTTLE_ENABLED": delay > 0,
        "AUTOTHROTTLE_START_DELAY": delay,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        "DOWNLOAD_TIMEOUT": timeout,
        BACKOFF_SETTING: backoff,
        LONGEST_WAIT_SETTING: longest_wait,
        ALLOW_SETTING: allowed,
        "TWISTED_DNS_RESOLVER": "crawlers.net.guard.GuardResolver",
        **_PARTS,
        "ITEM_PIPELINES": {"crawlers.spider.StorePages": 100},
        "LOG_LEVEL": "WARNING",
        "LOG_VERSIONS": [],
        "LOG_INSTALL_ROOT_HANDLER": False,  # the crawl installs one that blots out secrets
        "STATS_DUMP": False,
    }


# Everything that runs, by name. Scrapy adds to its own lists in new versions (a remote control, in 2.19), imports what
# is on them even where it is switched off, and so takes half a second of each crawl's start.
_PARTS: dict[str, Any] = {
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "DOWNLOADER_MIDDLEWARES": {
        "crawlers.net.guard.GuardMiddleware": 1,
        "crawlers.net.robots.StrictRobots": 100,
        "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
        "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
        "crawlers.net.retry.PatientRetry": 550,
        "crawlers.net.keys.KeyHeaders": 560,
        "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": 590,
        "crawlers.net.redirect.SilentRedirect": 600,
        "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": 750,
    },
    # Families bound their walks and name what an answer means, the guard bounds addresses, no Referer is ever sent
    "SPIDER_MIDDLEWARES_BASE": {},
    "EXTENSIONS_BASE": {
        "scrapy.extensions.closespider.CloseSpider": 0,
        "scrapy.extensions.throttle.AutoThrottle": 0,
    },
    "STATS_CLASS": "scrapy.statscollectors.DummyStatsCollector",  # the store counts what matters
}

_CLOSED_DOORS: dict[str, Any] = {
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "COOKIES_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_HANDLERS": {"file": None, "ftp": None, "s3": None, "data": None},
    "HTTPCACHE_ENABLED": False,  # its RFC policy serves feeds from disk without asking, which hides new posts
}

_BOUNDS: dict[str, Any] = {
    "CONCURRENT_REQUESTS": 1,  # one site per process, one request at a time: a wait pauses everything
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "CONCURRENT_ITEMS": 1,  # an answer makes one item; Scrapy starts this many tasks for each
    "DOWNLOAD_MAXSIZE": MAX_BODY,
    "DOWNLOAD_WARNSIZE": MAX_BODY,
    "REDIRECT_MAX_TIMES": 5,
    "RETRY_TIMES": 2,
    "RETRY_HTTP_CODES": [408, 429, 500, 502, 503, 504, 522, 524],
}
