"""Waiting when a site asks for it: Retry-After and rate-limit headers, and growing pauses otherwise.

One request is under way at a time, so waiting here pauses the whole site.
"""

from __future__ import annotations

import asyncio
import math
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.retry import RetryMiddleware

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

LONGEST_WAIT_SETTING = "CHENGQING_LONGEST_WAIT"
BACKOFF_SETTING = "CHENGQING_BACKOFF"
WAIT_ASKED = "chengqing_wait_asked"
_ASKING = frozenset({429, 503})
_TICK = 0.1


def asked_wait(response: Response, now: datetime) -> float | None:
    """Seconds that a 429 or 503 asks us to stay away, ``None`` when it does not say."""
    if response.status not in _ASKING:
        return None
    for name in ("Retry-After", "RateLimit-Reset", "X-RateLimit-Reset"):
        value = (response.headers.get(name) or b"").decode("latin-1").strip()
        if value and (seconds := _seconds(value, now)) is not None:
            return seconds
    return None


def _seconds(value: str, now: datetime) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return _until(value, now)
    if number > 1_000_000_000:  # a moment, not a span
        number -= now.timestamp()
    return min(max(number, 0.0), 1e6) if math.isfinite(number) else None


def _until(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max(0.0, (moment - now).total_seconds())


class PatientRetry(RetryMiddleware):
    """Retries what may pass, after the wait that the site asks for or one that doubles each time."""

    longest: float
    backoff: float

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> PatientRetry:
        """Scrapy's constructor."""
        middleware = super().from_crawler(crawler)
        middleware.longest = crawler.settings.getfloat(LONGEST_WAIT_SETTING)
        middleware.backoff = crawler.settings.getfloat(BACKOFF_SETTING)
        return middleware

    async def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # Scrapy awaits coroutines
        """Wait, then retry; a wait longer than we grant, or one try too many, hands the answer on."""
        asked = asked_wait(response, datetime.now(UTC))
        if asked is not None and asked > self.longest:
            request.meta[WAIT_ASKED] = asked
            return response
        result = super().process_response(request, response)
        if result is not response:
            await self._wait(asked if asked is not None else self._growing(request))
        return result

    async def process_exception(self, request: Request, exception: Exception) -> Request | Response | None:  # type: ignore[override]  # Scrapy awaits coroutines
        """Wait and retry after a broken connection; ``None`` gives up."""
        result = super().process_exception(request, exception)
        if result is not None:
            await self._wait(self._growing(request))
        return result

    def _growing(self, request: Request) -> float:
        return min(float(self.backoff * 2 ** request.meta.get("retry_times", 0)), self.longest)

    async def _wait(self, seconds: float) -> None:
        """Sleep in small steps, so that a stop is obeyed at once."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._running():
            await asyncio.sleep(min(_TICK, left))

    def _running(self) -> bool:
        engine = self.crawler.engine
        return engine is not None and engine.running
