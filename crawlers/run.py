"""One crawl of one source, in a process of its own: ``python -m crawlers.run`` with a job as JSON on standard input.

Tells its parent what happens as JSON lines on standard output; the last line is the summary. SIGTERM or SIGINT stops
it between two pages, saved and ready to go on.
"""

from __future__ import annotations

import gc
import json
import logging
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.crawler import AsyncCrawlerProcess

from crawlers.cards import SET_ASIDE, SourceCard, card_of
from crawlers.families import family_named
from crawlers.families.base import Family, count_param
from crawlers.health import changed_shape
from crawlers.identity import Identity
from crawlers.items import Context, zone_of
from crawlers.net.guard import LOOPBACK, is_loopback
from crawlers.net.keys import Keys
from crawlers.net.redact import Redactor
from crawlers.net.settings import MIN_DELAY, crawl_settings
from crawlers.secrets import SecretStore, variable_of
from crawlers.spider import FamilySpider
from crawlers.store import (
    OVERLAP,
    CrawlStore,
    crawl_to_continue,
    folded,
    marks_of,
    new_summary,
    previous_crawls,
    short_key,
    source_lock,
    summary_json,
    validators_of,
)
from pipeline.errors import ChengqingError, CrawlError, UsageError
from pipeline.incident import Incident, SourceUse, find_incident
from pipeline.paths import DataDir
from pipeline.versions import code_version

COMMON_PARAMS = frozenset(
    {"delay", "timezone", "max_pages", "max_seconds", "overlap_hours", "only_matching", "timeout", "backoff"}
)
_GC_ALLOCATIONS = 20_000  # pages make thousands of short-lived values without cycles
STOPPED_EXIT = 75
"""Exit code of a crawl that was stopped and can go on (EX_TEMPFAIL)."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a child is asked to do. ``url`` of the source is complete."""

    data: str
    incident: str
    source: dict[str, Any]
    allow_loopback: bool = False
    save_every: float = 20.0
    record: str | None = None
    """Folder that gets every answer as a page case, for ``chengqing source record``."""
    trial: bool = False
    """Whether posts outside the incident's window, or without its words, are kept too: a look at a source."""

    def to_line(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self), default=str)


@dataclass(slots=True)
class Plan:
    """Everything that one crawl needs, checked before the first request."""

    data: DataDir
    incident: Incident
    use: SourceUse
    card: SourceCard
    family: Family
    delay: float
    allowed: list[str]
    params: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    """Values of the card's secrets, by name."""

    @property
    def collector(self) -> str:
        """Family with its version, and ours."""
        return f"{self.family.name}/{self.family.version} chengqing/{code_version()}"


def make_plan(data: DataDir, incident: Incident, use: SourceUse, *, allow_loopback: bool) -> Plan:
    """Check a source of an incident. Raises ``UsageError`` with what to mend."""
    card = card_of(use, data)
    if not card.enabled:
        raise UsageError(
            f"source {use.name} is off: its card says {card.robots!r}; {card.notes}".rstrip("; ")
        )
    family = family_named(use.family)
    params = {**card.params, **use.params}
    known = COMMON_PARAMS | family.params
    if unknown := sorted(set(params) - known):
        raise UsageError(
            f"source {use.name}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}"
        )
    here = allow_loopback and is_loopback(use.url)
    delay = params.get("delay", 0.0 if here else card.delay)
    if isinstance(delay, bool) or not isinstance(delay, int | float) or delay < 0:
        raise UsageError(f"source {use.name}: delay = {delay!r}; write seconds")
    if delay < MIN_DELAY and not here:
        raise UsageError(
            f"source {use.name}: delay = {delay}; at least {MIN_DELAY} s outside of this machine"
        )
    allowed = list(LOOPBACK) if allow_loopback else []
    secrets = _secrets_of(card, data)
    return Plan(data, incident, use, card, family, float(delay), allowed, params, secrets)


def _secrets_of(card: SourceCard, data: DataDir) -> dict[str, str]:
    """What the card's secrets are on this desk. Raises ``UsageError`` that names the missing ones."""
    store = SecretStore(data)
    found = {name: value for name in card.secrets if (value := store.get(name))}
    if missing := [name for name in card.secrets if name not in found]:
        raise UsageError(
            f"source card {card.name} needs {', '.join(missing)}: set {variable_of(missing[0])}, "
            f'or write {missing[0]} = "…" into {store.path} (mode 0600)'
        )
    return found


def context_of(plan: Plan, crawl_id: str, marks: dict[str, datetime]) -> Context:
    """The parsers' context for one crawl."""
    overlap = timedelta(
        hours=count_param(plan.params, "overlap_hours", int(OVERLAP.total_seconds() // 3600), 10_000)
    )
    queries = dict.fromkeys(query for some in plan.incident.queries.values() for query in some)
    return Context(
        source=plan.use.name,
        site=plan.use.name
        if is_loopback(plan.use.url)
        else (urlsplit(plan.use.url).hostname or plan.use.name),
        crawl_id=crawl_id,
        collector=plan.collector,
        now=datetime.now(UTC).replace(microsecond=0),
        start=plan.incident.start,
        author_key=Identity.of_desk(plan.data).author,
        params=plan.params,
        queries=tuple(queries),
        floors={chain: mark - overlap for chain, mark in marks.items()},
        zone=zone_of(plan.params.get("timezone") or plan.card.timezone),
    )


def open_store(
    plan: Plan, every: float, *, trial: bool = False
) -> tuple[CrawlStore, Context, list[dict[str, Any]]]:
    """The store of a new crawl, or of a stopped one that goes on, with its context and the earlier crawls."""
    use = plan.use
    key = short_key(
        use.family, use.url, plan.params, plan.incident.queries, plan.incident.start, plan.incident.end
    )
    earlier = previous_crawls(plan.data, plan.incident.id, use.name)
    summary = new_summary(
        use.name, plan.collector, crawl_to_continue(plan.data, plan.incident.id, use.name, key)
    )
    context = context_of(plan, summary.crawl_id, marks_of(earlier))
    fetches = plan.family.start(use.url, context)
    store = CrawlStore(plan.data, plan.incident.id, summary, fetches, key, every)
    if not trial:
        store.window = (plan.incident.start, plan.incident.end)
    if plan.params.get("only_matching") and not trial:
        store.words = tuple(folded(query) for query in context.queries)
    return store, context, earlier


def crawl(
    plan: Plan, every: float, record: str | None = None, *, trial: bool = False
) -> tuple[dict[str, Any], bool]:
    """Run the crawl to its end; returns its summary and whether it was stopped from outside."""
    redact = Redactor([*SecretStore(plan.data).values(), *plan.secrets.values()])
    with source_lock(plan.data, plan.incident.id, plan.use.name):
        store, context, earlier = open_store(plan, every, trial=trial)
        process = _Process(_settings(plan))
        _log_to_stderr(redact)
        crawler = process.create_crawler(FamilySpider)
        reasons: list[str] = []
        crawler.signals.connect(lambda reason: reasons.append(reason), signals.spider_closed, weak=False)
        spider = FamilySpider(
            plan.family, context, store, tell, redact, count_param(plan.params, "max_pages", 2_000, 1_000_000)
        )
        spider.known_validators = validators_of(earlier)
        spider.record_to = Path(record) if record else None
        spider.keys = Keys(plan.family, plan.use.url, plan.secrets, redact) if plan.secrets else None
        process.crawl(crawler, ready=spider)
        process.start()
        if process.asked_to_stop or "shutdown" in reasons:
            store.save()
            return summary_json(store.summary) | {"stopped_because": "stopped"}, True
        _judge(plan, spider, reasons, earlier)
        return summary_json(store.finish(spider.why, spider.detail, earlier)), False


class _WithoutPandas(MetaPathFinder):
    """pyarrow loads pandas where it can, for types that we never have: a quarter second of each crawl's start."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        """Say that there is no pandas in this process; leave every other module to the others."""
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not wanted here", name=name)


class _Process(AsyncCrawlerProcess):
    """Remembers that a signal came: one that comes while the spider is being opened closes nothing and says nothing."""

    asked_to_stop = False

    def _signal_shutdown(self, signum: int, _: Any) -> None:  # noqa: ANN401  Scrapy's signature
        self.asked_to_stop = True
        super()._signal_shutdown(signum, _)


def _settings(plan: Plan) -> dict[str, Any]:
    given = {name: float(plan.params[name]) for name in ("timeout", "backoff") if name in plan.params}
    settings = crawl_settings(delay=plan.delay, allowed=plan.allowed, **given)
    return settings | {
        "ROBOTSTXT_OBEY": plan.card.robots != SET_ASIDE,
        "CLOSESPIDER_TIMEOUT": count_param(plan.params, "max_seconds", 3_600, 7 * 86_400),
        "CLOSESPIDER_ERRORCOUNT": 10,
    }


def _judge(plan: Plan, spider: FamilySpider, reasons: list[str], earlier: list[dict[str, Any]]) -> None:
    """Name what the family could not see: time out, addresses left unread, too few entries, fields that are gone."""
    left, items = len(spider.store.frontier), spider.store.counts["items"]
    if spider.why != "finished":
        return
    if "closespider_timeout" in reasons:
        spider.why, spider.detail = "limit", f"max_seconds reached with {left} addresses to read"
    elif left:
        spider.why, spider.detail = (
            "error",
            f"{left} addresses could not be read: a fault of the program, see the log",
        )
    elif changed := changed_shape(spider.store.counts, len(spider.store.seen), earlier):
        spider.why, spider.detail = "changed", changed
    elif items < plan.card.expected_min and not spider.store.counts["not_modified"]:
        spider.why = "too few"
        spider.detail = f"{items} entries on all pages; the card expects {plan.card.expected_min} or more"
    elif plan.card.expected_max is not None and items > plan.card.expected_max:
        spider.detail = f"{items} entries on all pages; the card expects {plan.card.expected_max} at most"


def _log_to_stderr(redact: Redactor) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(redact)
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    for name in (None, "scrapy", "twisted"):
        logging.getLogger(name).setLevel(logging.WARNING)


def tell(event: dict[str, Any]) -> None:
    """One line to the parent; a parent that is gone means that we stop, saved."""
    try:
        sys.stdout.write(json.dumps(event, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        import os
        import signal

        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  stays open until we end
        os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Read the job, crawl, tell; returns the exit code."""
    job = Job(**json.loads(sys.stdin.readline()))
    sys.meta_path.insert(0, _WithoutPandas())
    gc.freeze()  # what the imports made stays for good: do not search it for garbage
    gc.set_threshold(_GC_ALLOCATIONS, 20, 50)
    try:
        data = DataDir(Path(job.data))
        source = SourceUse(**job.source)
        plan = make_plan(data, find_incident(data, job.incident), source, allow_loopback=job.allow_loopback)
        summary, stopped = crawl(plan, job.save_every, job.record, trial=job.trial)
    except ChengqingError as error:
        tell({"event": "failed", "message": str(error), "exit_code": error.exit_code})
        return error.exit_code
    tell({"event": "summary", "summary": summary})
    return STOPPED_EXIT if stopped else 0


if __name__ == "__main__":
    sys.exit(main())


__all__ = ["CrawlError", "Job", "Plan", "crawl", "main", "make_plan"]
