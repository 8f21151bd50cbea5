"""What passes between a family and the crawl: what to fetch, what came back, what was read in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawlers.text import clean, decode
from pipeline.errors import CrawlError, UsageError
from pipeline.records import Post


class PageChanged(CrawlError):  # noqa: N818  reads as a sentence where it is raised
    """A page lacks what its family reads: the site's software changed, or this is another page."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One address to fetch and why. Plain values only, so that a stopped crawl can keep its list on disk."""

    url: str
    kind: str = "list"
    chain: str = ""
    """The walk it belongs to (a query, a channel, a board); high-water marks are kept per chain."""
    essential: bool = True
    """Whether the crawl must stop when this address refuses us."""
    carry: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as plain values: parsers need no network and tests no Scrapy."""

    url: str
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def text(self) -> str:
        """The body's characters."""
        return decode(self.body, self.headers.get("content-type", ""))


@dataclass(frozen=True, slots=True)
class Reject:
    """Something on a page that could not become a post, and why."""

    reason: str
    raw: str


@dataclass(slots=True)
class Reading:
    """What a family read in one answer."""

    posts: list[Post] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    follow: list[Fetch] = field(default_factory=list)
    fuller: list[Post] = field(default_factory=list)
    """Posts that an earlier page of this crawl gave cut short: kept as a later observation of the same post."""
    items: int = 0
    """Entries that the page held, whether or not they are new or inside the window."""
    ended: tuple[str, ...] = ()
    """Chains that this page brought to their end."""
    gone: bool = False
    """The address says that its content was removed: no refusal, no post."""


@dataclass(frozen=True, slots=True)
class Page:
    """The one item that a spider yields per response."""

    fetch: Fetch
    reading: Reading
    size: int


Stop = Literal[
    "finished", "not modified", "limit", "refused", "changed", "too few", "unreachable", "error", "stopped"
]
"""Why a crawl ended."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every parser needs to know besides the page."""

    source: str
    site: str
    """Scope of native ids that only one site understands: its host, or the source's name on loopback."""
    crawl_id: str
    collector: str
    now: datetime
    start: datetime
    """Start of the incident's window; a chain that was read before starts later, see ``floors``."""
    author_key: Callable[[str, str], str]
    params: Mapping[str, Any] = field(default_factory=dict)
    queries: tuple[str, ...] = ()
    floors: Mapping[str, datetime] = field(default_factory=dict)
    zone: tzinfo | None = None

    def floor(self, chain: str) -> datetime:
        """The moment before which this chain need not be read."""
        return max(self.start, self.floors.get(chain, self.start))

    def author(self, platform: str, *name: object) -> str | None:
        """Key of an author; ``None`` where any part of the name is missing."""
        if any(part is None or part == "" for part in name):
            return None
        return self.author_key(platform, "/".join(str(part) for part in name))

    def post(self, platform: str, native_id: str, text: str, **fields: Any) -> Post:  # noqa: ANN401  Post's fields
        """A post of this crawl; strings are cleaned so that every store can hold them."""
        for name, value in fields.items():
            if type(value) is str:
                fields[name] = clean(value)
        return Post(
            post_id=f"{platform}:{clean(native_id)}",
            source=self.source,
            platform=platform,
            text=clean(text),
            collected_at=self.now,
            crawl_id=self.crawl_id,
            collector=self.collector,
            **fields,
        )

    def all_older(self, chain: str, times: list[datetime | None]) -> bool:
        """Whether a page lies wholly before the chain's floor; pinned old posts among new ones do not count."""
        known = [moment for moment in times if moment is not None]
        return bool(known) and max(known) < self.floor(chain)


def zone_of(name: object) -> tzinfo | None:
    """A time zone by its IANA name; ``None`` stays ``None``. Raises ``UsageError``."""
    if name is None or name == "":
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"time zone {name!r} is not known; write one such as Asia/Shanghai") from error
