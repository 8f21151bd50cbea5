"""The raw layer: what was seen, when, by which spider. Immutable once a crawl's manifest stands.

``data/raw/<incident>/<source>/<crawl>/part-00001.parquet … rejects.jsonl manifest.json``.
A crawl counts when its manifest exists; parts without one belong to a crawl that was stopped and can resume.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.errors import StoreError
from pipeline.files import sha256_of, write_parquet, write_text
from pipeline.paths import DataDir, checked_name
from pipeline.records import Post, Precision
from pipeline.schema import UTC_TIME
from pipeline.suppression import Suppression
from pipeline.tables import CRAWLS, OBSERVATIONS

PART_ROWS = 20_000

GOOD_ENDS: frozenset[str] = frozenset({"finished", "not modified", "limit"})
"""Ends of a crawl that need nobody's attention; every other one is an alarm."""

MAX_REJECT_CHARS = 2_000

SIDECAR = "reviews.jsonl"
"""Beside a crawl's posts: what a review says that a post has no column for (rating, publisher, language)."""

FIRST_YEAR = 1990
"""Posts cannot be older: a time before it is a site's or tool's placeholder (year 1, 1970)."""

AHEAD = timedelta(days=2)
"""How far a site's clock may run ahead of ours before its time is no time at all."""

_HANDLES = re.compile(
    r"""(["']?(?:author|user|screen_name|nick|handle|作者|用户|昵称|博主)[^"':=,]{0,20}["']?\s*[:=]\s*)"""
    r"""("[^"]*"|'[^']*'|[^,}\]]+)|@[^\s"',:：]+""",
    re.IGNORECASE,
)


def new_crawl_id(now: datetime, label: str) -> str:
    """An id that sorts by time: ``20260313T054000Z-<label>``."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}Z-{label}"


def observations(posts: Iterable[Post]) -> pa.Table:
    """Posts as an ``OBSERVATIONS`` table, column by column."""
    rows = list(posts)
    schema = OBSERVATIONS.schema
    values = zip(*map(attrgetter(*schema.names), rows), strict=True) if rows else [()] * len(schema)
    columns = [pa.array(column, field.type) for column, field in zip(values, schema, strict=True)]
    return OBSERVATIONS.conform(pa.Table.from_arrays(columns, schema=schema))


def without_odd_times(table: pa.Table) -> tuple[pa.Table, int]:
    """Observations whose ``published_at`` cannot be become ones of unknown time; with how many those were."""
    published, seen = table.column("published_at"), table.column("collected_at")
    first = pa.scalar(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), UTC_TIME)
    late = pc.greater(pc.cast(published, pa.int64()), pc.add(pc.cast(seen, pa.int64()), _micros(AHEAD)))
    odd = pc.fill_null(pc.or_(pc.less(published, first), late), False)
    count = pc.sum(odd).as_py() or 0
    if not count:
        return table, 0
    changed = {
        "published_at": pa.scalar(None, UTC_TIME),
        "published_precision": pa.scalar(Precision.UNKNOWN.value),
    }
    for name, value in changed.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, table.schema.field(name), pc.if_else(odd, value, table.column(name)))
    return table, count


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _blotted(raw: str) -> str:
    """A rejected row without the handles in it: they would otherwise lie about in clear."""
    return _HANDLES.sub(lambda found: (found[1] or "@") + "…", raw[:MAX_REJECT_CHARS])


@dataclass(slots=True)
class CrawlSummary:
    """What a crawl or import says of itself at its end; becomes the manifest and a row of ``crawls``."""

    crawl_id: str
    source: str
    collector: str
    started_at: datetime
    finished_at: datetime | None = None
    pages: int = 0
    posts: int = 0
    rejects: int = 0
    refusals: int = 0
    bytes: int = 0
    stopped_because: str = "finished"
    detail: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Counts that only some sources have: missing fields, repeated posts, high-water marks."""


class RawWriter:
    """Writes one crawl's observations in parts of ``PART_ROWS`` and its manifest last.

    Opening an id that has parts but no manifest continues it; nothing already stored is written again by us.
    """

    def __init__(self, data: DataDir, incident: str, summary: CrawlSummary) -> None:
        self.folder = data.raw(incident) / checked_name(summary.source, "source") / summary.crawl_id
        if (self.folder / "manifest.json").exists():
            raise StoreError(f"{self.folder}: this crawl is finished and immutable; start a new one")
        self.folder.mkdir(parents=True, exist_ok=True)
        data.raw(incident).chmod(0o700)
        self.summary = summary
        self._pending: list[pa.Table] = []
        self._pending_rows = 0
        self._parts = len(list(self.folder.glob("part-*.parquet")))
        self._suppression = Suppression.of_desk(data)

    def write(self, posts: Iterable[Post] | pa.Table) -> None:
        """Add observations; they are safe on disk once a part is full or ``flush`` returns."""
        table, odd = without_odd_times(
            OBSERVATIONS.conform(posts) if isinstance(posts, pa.Table) else observations(posts)
        )
        if odd:
            self.summary.extra["odd_times"] = self.summary.extra.get("odd_times", 0) + odd
        if self._suppression:  # people who asked to be deleted stay deleted
            table, left_out = self._suppression.without(table)
            self.summary.extra["suppressed"] = self.summary.extra.get("suppressed", 0) + left_out
        self._pending.append(table)
        self._pending_rows += table.num_rows
        self.summary.posts += table.num_rows
        if self._pending_rows >= PART_ROWS:
            self.flush()

    def reject(self, row: int | None, reason: str, raw: str) -> None:
        """Keep a row that could not be read, with its number and why; long rows are cut, handles blotted."""
        self.reject_all([(row, reason, raw)])

    def reject_all(self, rejects: Iterable[tuple[int | None, str, str]]) -> None:
        """Keep rows that could not be read, as ``reject`` does."""
        self._rejects.touch(mode=0o600)
        with self._rejects.open("a", encoding="utf-8", errors="backslashreplace") as stream:
            for row, reason, raw in rejects:
                self.summary.rejects += 1
                line = {"row": row, "reason": reason, "raw": _blotted(raw)}
                stream.write(json.dumps(line, ensure_ascii=False) + "\n")

    @property
    def _rejects(self) -> Path:
        return self.folder / "rejects.jsonl"

    def flush(self) -> None:
        """Store what is pending as one part."""
        if self._pending_rows:
            self._parts += 1
            write_parquet(self.folder / f"part-{self._parts:05}.parquet", pa.concat_tables(self._pending))
            self._pending, self._pending_rows = [], 0

    def finish(self, stopped_because: str = "finished", detail: str | None = None) -> CrawlSummary:
        """Store the rest and the manifest: from now on the crawl counts and never changes."""
        self.flush()
        summary = self.summary
        summary.finished_at = datetime.now(UTC)
        summary.stopped_because, summary.detail = stopped_because, detail
        parts = sorted(self.folder.glob("part-*.parquet"))
        summary.posts = sum(pq.read_metadata(part).num_rows for part in parts)
        if self._rejects.exists():  # counted anew: a stopped crawl may have left some
            summary.rejects = self._rejects.read_bytes().count(b"\n")
        manifest = {
            **asdict(summary),
            "files": [{"name": p.name, "sha256": sha256_of(p)} for p in parts],
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1, default=_iso)
        write_text(self.folder / "manifest.json", text + "\n")
        return summary


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in a manifest")


@dataclass(frozen=True, slots=True)
class Crawl:
    """A finished crawl as its manifest tells it."""

    folder: Path
    summary: dict[str, Any]
    files: tuple[Path, ...]
    digest: str
    """Hash over the files' hashes: equal digests mean equal observations."""


def finished_crawls(data: DataDir, incident: str) -> list[Crawl]:
    """Crawls of an incident that count, sorted by folder name so that the order never depends on the disk."""
    return [_read_manifest(path) for path in sorted(data.raw(incident).glob("*/*/manifest.json"))]


def _read_manifest(path: Path) -> Crawl:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        entries = manifest.pop("files")
        files = tuple(path.parent / entry["name"] for entry in entries)
        digest = ",".join(entry["sha256"] for entry in entries)
    except (json.JSONDecodeError, KeyError) as error:
        raise StoreError(f"{path}: not a crawl manifest ({error}); move the folder away to go on") from error
    missing = [file.name for file in files if not file.exists()]
    if missing:
        raise StoreError(f"{path}: lists {', '.join(missing)}, which is gone; restore it from the backup")
    return Crawl(path.parent, manifest, files, digest)


def read_observations(crawls: Iterable[Crawl]) -> pa.Table:
    """All observations of these crawls in one table."""
    tables = [pq.read_table(file, schema=OBSERVATIONS.schema) for crawl in crawls for file in crawl.files]
    return pa.concat_tables(tables) if tables else OBSERVATIONS.schema.empty_table()


def crawls_table(crawls: Iterable[Crawl]) -> pa.Table:
    """The ``crawls`` table of these crawls."""
    return CRAWLS.from_rows([_crawl_row(crawl.summary) for crawl in crawls])


def _crawl_row(summary: dict[str, Any]) -> dict[str, object]:
    row = {name: summary.get(name) for name in CRAWLS.schema.names}
    for name in ("started_at", "finished_at"):
        row[name] = datetime.fromisoformat(str(row[name])) if row[name] else None
    return row


def unfinished_crawls(data: DataDir, incident: str) -> Iterator[Path]:
    """Folders of crawls that were stopped before their manifest; they can resume."""
    for folder in sorted(data.raw(incident).glob("*/*")):
        if folder.is_dir() and not (folder / "manifest.json").exists():
            yield folder
