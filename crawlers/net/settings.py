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
        "DOWNLOADER_MIDDLEWARES": {
            "crawlers.net.guard.GuardMiddleware": 1,
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "crawlers.net.robots.StrictRobots": 100,
            "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
            "crawlers.net.retry.PatientRetry": 550,
            "crawlers.net.keys.KeyHeaders": 560,
            "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
        },
        "ITEM_PIPELINES": {"crawlers.spider.StorePages": 100},
        "LOG_LEVEL": "WARNING",
        "STATS_DUMP": False,
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
    "HTTPERROR_ALLOW_ALL": True,  # families name what an answer means; none is dropped unseen
    "DEPTH_LIMIT": 0,
}
