"""What the sample incident's posts look like on disk, and a read-only store over them for the server."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import UnknownName, UsageError

SITES = ("feed", "mastodon", "wordpress", "forum", "telegram")
SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
DEFAULT_INCIDENT = "sf-harbor-lane-fire"
_GROWTH_HOURS = 9.0  # engagement reaches two thirds of its final value after this long


@dataclass(frozen=True, slots=True)
class SamplePost:
    """One post as its site shows it; ``None`` where that site shows no such figure."""

    site: str
    native_id: str
    author: str
    published_at: str
    title: str | None
    text: str
    parent_native_id: str | None
    thread_native_id: str | None
    repost_of_native_id: str | None
    quoted_native_id: str | None
    likes: int | None
    reposts: int | None
    replies: int | None
    views: int | None
    link: str

    @property
    def at(self) -> datetime:
        """Publication time, aware, UTC."""
        return parse_time(self.published_at)


def parse_time(value: str) -> datetime:
    """Read an ISO 8601 time as aware UTC; a time without zone counts as UTC. Raises UsageError."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        message = f"not an ISO 8601 time: {value!r}; write for example 2026-03-14T18:00:00Z"
        raise UsageError(message) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def incident_folder(incident: str, samples: Path = SAMPLES) -> Path:
    """Return the folder of a sample incident. Raises UnknownName."""
    known = sorted(folder.parent.name for folder in samples.glob("*/material"))
    if incident not in known:
        message = f"no sample incident {incident!r} under data/samples; known: {', '.join(known) or 'none'}"
        raise UnknownName(message)
    return samples / incident


def read_posts(folder: Path) -> list[SamplePost]:
    """Read ``posts.jsonl``, oldest first."""
    lines = (folder / "posts.jsonl").read_text(encoding="utf-8").splitlines()
    return sorted((SamplePost(**json.loads(line)) for line in lines), key=_order)


def _order(post: SamplePost) -> tuple[str, str, str]:
    return (post.published_at, post.site, post.native_id)


def as_seen_at(posts: list[SamplePost], until: datetime) -> list[SamplePost]:
    """Hide posts later than ``until`` and shrink the counts of the others to what they had by then."""
    visible = [post for post in posts if post.at <= until]
    children: dict[tuple[str, str | None], int] = defaultdict(int)
    boosts: dict[tuple[str, str | None], int] = defaultdict(int)
    for post in visible:
        boosts[(post.site, post.repost_of_native_id)] += 1
        children[(post.site, post.parent_native_id)] += 1
    return [_younger(post, until, children, boosts) for post in visible]


def _younger(
    post: SamplePost,
    until: datetime,
    children: dict[tuple[str, str | None], int],
    boosts: dict[tuple[str, str | None], int],
) -> SamplePost:
    hours = (until - post.at).total_seconds() / 3600
    share = 1 - math.exp(-hours / _GROWTH_HOURS)
    key = (post.site, post.native_id)
    return replace(
        post,
        likes=_part(post.likes, share),
        views=_part(post.views, share),
        reposts=None if post.reposts is None else min(post.reposts, boosts[key]),
        replies=None if post.replies is None else min(post.replies, children[key]),
    )


def _part(count: int | None, share: float) -> int | None:
    return None if count is None else round(count * share)


class Store:
    """Posts of one incident by site and id, as visible at one moment."""

    def __init__(self, posts: list[SamplePost], until: datetime | None = None) -> None:
        shown = posts if until is None else as_seen_at(posts, until)
        self.by_site: dict[str, list[SamplePost]] = {site: [] for site in SITES}
        for post in shown:
            self.by_site[post.site].append(post)
        self._by_id = {(post.site, post.native_id): post for post in shown}
        self.now = until if until is not None else (shown[-1].at if shown else datetime.now(UTC))

    def get(self, site: str, native_id: str | None) -> SamplePost | None:
        """Return a visible post, or None."""
        return self._by_id.get((site, native_id)) if native_id is not None else None

    def newest_first(self, site: str) -> list[SamplePost]:
        """All visible posts of a site, newest first."""
        return self.by_site[site][::-1]
