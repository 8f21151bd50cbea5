"""The one spider: it carries a family's fetches over Scrapy and hands each answer back to the family."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import scrapy
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawlers.families.base import Family
from crawlers.items import Answer, Context, Fetch, Page, PageChanged, Stop
from crawlers.net.guard import AddressRefused
from crawlers.net.keys import Keys, LoginRefused
from crawlers.net.redact import Redactor
from crawlers.net.retry import WAIT_ASKED
from crawlers.net.robots import RobotsRefused
from crawlers.pages import save_case
from crawlers.store import CrawlStore, short_key

MAX_FAILURES_IN_A_ROW = 5
TOLD_EACH, TELL_EVERY = 50, 0.2
"""The first pages are told one by one, later ones at most this often (seconds)."""
Tell = Callable[[dict[str, Any]], None]


class FamilySpider(scrapy.Spider):
    """Reads one source with its family; one Page item per answer."""

    name = "family"

    def __init__(
        self,
        family: Family,
        context: Context,
        store: CrawlStore,
        tell: Tell,
        redact: Redactor,
        max_pages: int,
    ) -> None:
        super().__init__()
        self.family, self.context, self.store, self.tell, self.redact = family, context, store, tell, redact
        self.max_pages = max_pages
        self.why: Stop = "finished"
        self.detail: str | None = None
        self._failures = 0
        self.known_validators: dict[str, dict[str, str]] = {}
        self.record_to: Path | None = None
        self.keys: Keys | None = None

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, ready: FamilySpider, **kwargs: Any) -> FamilySpider:  # noqa: ANN401  Scrapy's signature
        """Scrapy's constructor; ours is made before, so that a mistake shows before anything runs."""
        ready._set_crawler(crawler)
        return ready

    async def start(self) -> AsyncIterator[scrapy.Request]:
        """The addresses still to read: the family's first ones, or those of a stopped crawl."""
        waiting = list(self.store.frontier.values())
        for fetch in waiting[self.max_pages :]:
            self.store.strike(fetch)
            self.why, self.detail = "limit", f"max_pages = {self.max_pages} is less than there are addresses"
        for fetch in waiting[: self.max_pages]:
            yield self.request(fetch)

    def request(self, fetch: Fetch) -> scrapy.Request:
        """Scrapy's request for a fetch."""
        headers = dict(self.known_validators.get(short_key(fetch.url), {})) if self.family.conditional else {}
        return scrapy.Request(
            fetch.url,
            headers=headers,
            callback=self.answered,
            errback=self.failed,
            cb_kwargs={"fetch": fetch},
            dont_filter=True,  # the store knows what was read; Scrapy's own filter forgets it at a stop
            priority=0 if fetch.kind in {"thread", "detail"} else 1,
        )

    def answered(self, response: Response, fetch: Fetch) -> list[Page | scrapy.Request]:
        """Read one answer; refusals and changed pages are counted and named, never taken for an empty page.

        A list, for Scrapy reads a generator's source text again at every response.
        """
        answer = answer_of(response)
        if self.keys is not None:  # keys may stand in its address
            answer = replace(answer, url=self.redact.text(answer.url))
        if self.record_to is not None:
            save_case(self.record_to, self.family, fetch, answer, self.context, self.redact)
        if (wait := (response.request.meta if response.request else {}).get(WAIT_ASKED)) is not None:
            self._refused(fetch, f"asked us to stay away for {wait:.0f} s")
            return []
        if self._dealt_with(answer, fetch):
            return []
        try:
            reading = self.family.read(answer, fetch, self.context)
        except PageChanged as error:
            self._trouble(fetch, "changed", str(error))
            return []
        self._failures = 0
        reading.follow = self._within_limit(self.store.fresh(reading.follow))
        self._keep_validators(answer, fetch)
        return [Page(fetch, reading, len(response.body)), *map(self.request, reading.follow)]

    def _dealt_with(self, answer: Answer, fetch: Fetch) -> bool:
        """Answers that hold no page to read."""
        if answer.status == 304:
            self._not_modified(fetch)
        elif self.family.is_end(answer, fetch):
            self.store.ended.add(fetch.chain)
            self.store.strike(fetch)
        elif refusal := self.family.is_refusal(answer):
            self._refused(fetch, refusal)
        elif answer.status != 200:
            self._trouble(
                fetch, "unreachable" if answer.status >= 500 else "changed", f"answered {answer.status}"
            )
        else:
            return False
        return True

    def _not_modified(self, fetch: Fetch) -> None:
        self.store.counts["not_modified"] += 1
        self.store.validators[short_key(fetch.url)] = self.known_validators.get(short_key(fetch.url), {})
        self.store.strike(fetch)
        if not self.store.frontier and not self.store.summary.pages:
            self.why, self.detail = "not modified", "304: nothing changed since the last crawl"

    def _keep_validators(self, answer: Answer, fetch: Fetch) -> None:
        pairs = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
        sent = {
            name: answer.headers[header.lower()] for header, name in pairs if header.lower() in answer.headers
        }
        if self.family.conditional and sent:
            sent["If-None-Match"] = both_forms(sent.get("If-None-Match", ""))
            kept = {name: value for name, value in sent.items() if 0 < len(value) <= 1_000}
            self.store.validators[short_key(fetch.url)] = kept

    def _within_limit(self, follow: list[Fetch]) -> list[Fetch]:
        """Nothing more to follow once the crawl has read its share; the stop is named."""
        ahead = self.store.summary.pages + len(self.store.frontier)
        room = max(0, self.max_pages - ahead)
        if len(follow) > room:
            self.why, self.detail = "limit", f"max_pages = {self.max_pages} reached with more to read"
        return follow[:room]

    def failed(self, failure: Failure) -> None:
        """Name what kept an address from being read."""
        fetch: Fetch = failure.request.cb_kwargs["fetch"]  # type: ignore[attr-defined]  # Scrapy sets it
        error = failure.value
        if isinstance(error, RobotsRefused | AddressRefused | LoginRefused):
            self._refused(fetch, str(error))
        elif isinstance(error, IgnoreRequest):
            self._trouble(fetch, "error", str(error))
        else:
            self._trouble(fetch, "unreachable", f"{type(error).__name__}: {error}")

    def _refused(self, fetch: Fetch, reason: str) -> None:
        self.store.summary.refusals += 1
        self._trouble(fetch, "refused", reason)

    def _trouble(self, fetch: Fetch, why: Stop, reason: str) -> None:
        """Keep the reason; stop where the address is essential or nothing works any more."""
        sentence = self.redact.text(f"{reason} ({fetch.url})" if fetch.url not in reason else reason)[:600]
        self.store.counts[why.replace(" ", "_")] += 1
        self.store.writer.reject(None, f"{why}: {sentence}", self.redact.text(fetch.url))
        self._failures += 1
        if self.detail is None or self.why == "limit":
            self.detail = sentence
        fatal = fetch.essential or self._failures >= MAX_FAILURES_IN_A_ROW
        if fatal:
            self.why, self.detail = why, sentence
        if why != "refused":
            self.store.broken.add(fetch.chain)
        self.store.strike(fetch)
        if fatal:
            raise CloseSpider(why)


class StorePages:
    """Item pipeline: one page, one write."""

    def __init__(self, spider: FamilySpider) -> None:
        self.spider = spider
        self._kept, self._told_at = 0, 0.0

    @classmethod
    def from_crawler(cls, crawler: Any) -> StorePages:  # noqa: ANN401  Scrapy's Crawler, whose spider it leaves untyped
        """Scrapy's constructor."""
        return cls(crawler.spider)

    def process_item(self, item: Page) -> Page:
        """Store the page and tell the parent how far we are; of many pages a second not each one."""
        self._kept += self.spider.store.add(item)
        pages, now = self.spider.store.summary.pages, time.monotonic()
        if pages <= TOLD_EACH or now - self._told_at >= TELL_EVERY:
            self.spider.tell({"event": "page", "pages": pages, "kept": self._kept})
            self._kept, self._told_at = 0, now
        return item


def both_forms(tag: str) -> str:
    """An ETag to send back: a server that compresses weakens its own tag, and may then know only the strong one."""
    return f"{tag}, {tag[2:]}" if tag.startswith('W/"') else tag


def answer_of(response: Response) -> Answer:
    """Scrapy's response as plain values."""
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    return Answer(response.url, response.status, headers, response.body)
