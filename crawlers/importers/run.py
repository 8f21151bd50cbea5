"""One file into the raw layer: find out what it is, read it in batches, keep what could not be read."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from crawlers.identity import Identity
from crawlers.importers.columns import Stamp
from crawlers.importers.reading import Reading
from crawlers.importers.rows import Problem
from crawlers.store import previous_crawls, source_lock
from pipeline.errors import UsageError
from pipeline.files import sha256_of
from pipeline.paths import DataDir
from pipeline.raw import CrawlSummary, RawWriter, new_crawl_id, unfinished_crawls
from pipeline.versions import code_version

Tick = Callable[[int, int], None]
_SHOWN_ROWS = 5


def stamp_of(name: str, source: str, data: DataDir, crawl_id: str) -> Stamp:
    """What every row of an import called ``name`` shares."""
    collector = f"import-{name}/2 chengqing/{code_version()}"
    now = datetime.now(UTC).replace(microsecond=0)
    return Stamp(source, crawl_id, collector, now, Identity.of_desk(data).author)


def preview(reading: Reading, data: DataDir) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The first rows as they would be stored, and the problems met on the way. Stores nothing."""
    parts = reading.parts(stamp_of(reading.name, reading.source, data, "dry-run"))
    source = reading.opened(reading.path)
    shown: list[dict[str, Any]] = []
    problems: list[Problem] = []
    try:
        for table, unusable in parts.tables(source):
            shown += table.slice(0, _SHOWN_ROWS - len(shown)).to_pylist()
            problems += unusable
            if len(shown) >= _SHOWN_ROWS:
                break
    finally:
        source.close()
    return shown, problems


def import_file(reading: Reading, data: DataDir, incident: str, *, again: bool, tick: Tick) -> CrawlSummary:
    """Read a whole file into the raw layer. ``tick`` gets (bytes read, bytes in all).

    Raises ``UsageError`` where the same file is already in. An import that is stopped leaves nothing behind.
    """
    digest = sha256_of(reading.path)
    with source_lock(data, incident, reading.source):
        _sweep(data, incident, reading.source)
        before = previous_crawls(data, incident, reading.source)
        twin = next((c for c in before if (c.get("extra") or {}).get("input_sha256") == digest), None)
        if twin and not again:
            raise UsageError(
                f"{reading.path} is already in {incident} as {twin['crawl_id']}; to read it again: --again"
            )
        crawl_id = new_crawl_id(datetime.now(UTC), "import")
        stamp = stamp_of(reading.name, reading.source, data, crawl_id)
        summary = CrawlSummary(crawl_id, reading.source, stamp.collector, datetime.now(UTC))
        writer = RawWriter(data, incident, summary)
        try:
            counted = _copy(reading, stamp, writer, tick)
        except BaseException:
            shutil.rmtree(writer.folder)  # half an import must not look like one that can go on
            raise
        summary.pages = 1
        summary.bytes = reading.path.stat().st_size
        summary.extra = {
            "file": reading.path.name,
            "input_sha256": digest,
            "mapping": reading.name,
            **counted,
        }
        return writer.finish()


def _copy(reading: Reading, stamp: Stamp, writer: RawWriter, tick: Tick) -> dict[str, Any]:
    """Read everything; what was counted on the way."""
    source = reading.opened(reading.path)
    parts = reading.parts(stamp)
    collecting = gc.isenabled()
    gc.disable()  # rows hold no cycles: looking for some among a million dictionaries takes most of the time
    try:
        for table, unusable in parts.tables(source):
            if table.num_rows:
                writer.write(table)
            if unusable:
                writer.reject_all((one.row, one.reason, one.raw) for one in unusable)
            tick(source.position(), source.size)
    finally:
        source.close()
        if collecting:
            gc.enable()
    return parts.counted()


def _sweep(data: DataDir, incident: str, source: str) -> None:
    """Take away what imports that were killed left behind; the lock says that none is running."""
    for folder in list(unfinished_crawls(data, incident)):
        if folder.parent.name == source and folder.name.endswith("-import"):
            shutil.rmtree(folder)
