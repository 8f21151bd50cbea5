"""Crawl health: how each source's last crawl ended, and what somebody should look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pipeline.paths import DataDir
from pipeline.raw import GOOD_ENDS, finished_crawls, unfinished_crawls

CRAWL_SUFFIX = "-crawl"
_GONE_SHARE, _HELD_SHARE = 0.9, 0.5
_ENOUGH = 10
"""Fewer posts or entries than this prove nothing about a page's shape."""


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source of an incident; ``alarm`` is ``None`` where nobody needs to look."""

    incident: str
    source: str
    crawls: int = 0
    finished_at: datetime | None = None
    posts: int | None = None
    new: int | None = None
    pages: int | None = None
    rejects: int | None = None
    refusals: int | None = None
    stopped_because: str | None = None
    unfinished: bool = False
    """Whether a stopped crawl waits to go on."""
    alarm: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "finished_at": self.finished_at and self.finished_at.isoformat()}


def health_of(data: DataDir, incidents: Iterable[str] | None = None) -> list[SourceHealth]:
    """One entry per source that was crawled, by incident and name; imports are none of its business."""
    names = (
        incidents if incidents is not None else sorted(p.name for p in (data.root / "raw").glob("[a-z0-9]*/"))
    )
    return [one for name in names for one in _of_incident(data, name)]


def _of_incident(data: DataDir, incident: str) -> list[SourceHealth]:
    last: dict[str, list[dict[str, Any]]] = {}
    for crawl in finished_crawls(data, incident):
        if crawl.folder.name.endswith(CRAWL_SUFFIX):
            last.setdefault(crawl.folder.parent.name, []).append(crawl.summary)
    waiting = {f.parent.name for f in unfinished_crawls(data, incident) if f.name.endswith(CRAWL_SUFFIX)}
    return [
        _health(incident, source, last.get(source, []), unfinished=source in waiting)
        for source in sorted({*last, *waiting})
    ]


def _health(incident: str, source: str, crawls: list[dict[str, Any]], *, unfinished: bool) -> SourceHealth:
    if not crawls:
        return SourceHealth(
            incident, source, unfinished=True, alarm="began and never ended: crawl again to go on"
        )
    summary = crawls[-1]
    finished = summary.get("finished_at")
    return SourceHealth(
        incident,
        source,
        crawls=len(crawls),
        finished_at=datetime.fromisoformat(finished) if finished else None,
        new=(summary.get("extra") or {}).get("new"),
        unfinished=unfinished,
        alarm=alarm_of(summary),
        **{n: summary.get(n) for n in ("posts", "pages", "rejects", "refusals", "stopped_because")},
    )


def alarm_of(summary: dict[str, Any]) -> str | None:
    """What is wrong with a crawl, in words: an end that is no good one, refusals, or more than was expected."""
    why, detail = str(summary.get("stopped_because")), summary.get("detail")
    if why not in GOOD_ENDS or summary.get("refusals"):
        return f"{why}: {detail}" if detail else why
    return str(detail) if detail and why == "finished" else None


def changed_shape(counts: dict[str, int], posts: int, earlier: list[dict[str, Any]]) -> str | None:
    """Why a crawl's pages are not what they were, though every one of them was read; ``None`` when they are.

    Entries that could not be read outnumber the others, or a field that posts used to have is gone from nearly all.
    ``earlier`` are the source's finished crawls.
    """
    items, unread = counts.get("items", 0), counts.get("unread", 0)
    if items >= unread >= _ENOUGH and unread * 2 > items:
        return f"{unread} of {items} entries on the pages could not be read"
    if posts < _ENOUGH:
        return None
    for name in ("published_at", "author_key", "url"):
        share = counts.get(f"missing_{name}", 0) / posts
        if share >= _GONE_SHARE and _usual_share(f"missing_{name}", earlier) < _HELD_SHARE:
            return f"{name} is missing in {share:.0%} of the posts, and was there before"
    return None


def _usual_share(name: str, earlier: list[dict[str, Any]]) -> float:
    """Share of posts without a field in the crawls that ended well; 1 where there are too few to tell."""
    good = [crawl for crawl in earlier if crawl.get("stopped_because") in GOOD_ENDS]
    posts = sum(int(crawl.get("posts") or 0) for crawl in good)
    missing = sum(int((crawl.get("extra") or {}).get(name) or 0) for crawl in good)
    return missing / posts if posts >= _ENOUGH else 1.0
