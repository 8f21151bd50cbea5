"""One file into the raw layer: find out what it is, read it in batches, keep what could not be read."""

from __future__ import annotations

import gc
import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawlers.identity import Identity
from crawlers.importers.columns import Columns, Stamp
from crawlers.importers.formats import recognize
from crawlers.importers.mapping import Mapping, checked_mapping, guess
from crawlers.importers.rows import (
    Batch,
    Problem,
    delimiter_of,
    json_batches,
    table_batches,
    whole_json_batches,
)
from crawlers.importers.streams import ENCODINGS, Source, encoding_of, open_source, sample_of
from crawlers.store import previous_crawls, source_lock
from pipeline.errors import MappingError, UsageError
from pipeline.files import sha256_of
from pipeline.paths import DataDir, checked_name
from pipeline.raw import CrawlSummary, RawWriter, new_crawl_id, unfinished_crawls
from pipeline.versions import code_version

Batches = Callable[[Source], Iterator[Batch]]
Tick = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says about a file; everything else is found out."""

    source: str | None = None
    columns: dict[str, tuple[str, ...]] | None = None
    mapping: Mapping | None = None
    platform: str | None = None
    timezone: str | None = None
    encoding: str | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file will be read."""

    path: Path
    kind: str
    """``jsonl``, ``json`` or ``table``."""
    batches: Batches
    mapping: Mapping
    source: str
    recognized: bool
    """Whether the file itself said what it is; otherwise the columns were named or guessed."""


def plan_reading(path: Path, options: Options) -> Reading:
    """Find out how to read a file. Raises ``UsageError`` or ``MappingError`` with what to add."""
    sample = sample_of(path)
    if not sample.strip(b"\0 \r\n\t"):
        raise UsageError(f"{path}: empty")
    kind, batches = _reader(path, sample, options.encoding)
    source = open_source(path)
    try:
        first = _first_row(batches(source), path)
    finally:
        source.close()
    known = recognize(first) if kind != "table" else None
    if options.mapping is not None:
        mapping, name = options.mapping, None
    elif known is not None and not options.columns:
        mapping, name = known.mapping, known.source
    else:
        mapping, name = _table_mapping(path, list(first), options.columns or {}), None
    mapping = _adjusted(mapping, options)
    source_name = options.source or name or _name_of(path)
    return Reading(path, kind, batches, mapping, checked_name(source_name, "source"), known is not None)


def _reader(path: Path, sample: bytes, encoding: str | None) -> tuple[str, Batches]:
    head = sample.lstrip(b"\xef\xbb\xbf\0 \r\n\t")[:1]
    if head == b"{" and encoding is None:
        return "jsonl", json_batches
    if head == b"[" and encoding is None:
        return "json", whole_json_batches
    if encoding is not None and encoding not in ENCODINGS:
        raise UsageError(f"--encoding {encoding}: one of {', '.join(ENCODINGS)}")
    name = encoding or encoding_of(sample, path)
    name = "utf-8-sig" if name == "utf-8" else name
    delimiter = delimiter_of(sample.decode(name, "replace"))
    return "table", lambda source: table_batches(source, name, delimiter)


def _first_row(batches: Iterator[Batch], path: Path) -> dict[str, Any]:
    for batch in itertools.islice(batches, 20):
        if batch.rows:
            return batch.rows[0]
    raise UsageError(f"{path}: no row that can be read; is it the right file?")


def _table_mapping(path: Path, headers: list[str], given: dict[str, tuple[str, ...]]) -> Mapping:
    """A plain table: what a person named, and for the rest what the headers say."""
    missing = [c for columns in given.values() for c in columns if c not in headers and "." not in c]
    if missing:
        raise MappingError(f"{path}: no column {missing[0]!r}; there are: {', '.join(headers)}")
    columns = {**guess(headers), **given}
    if not columns.get("text") and not columns.get("title"):
        raise MappingError(
            f"{path}: no column looks like the text; add --map text=COLUMN, one of: {', '.join(headers)}"
        )
    weibo = any("微博" in header for header in headers)
    return Mapping("table", columns, "weibo" if weibo else "import", "Asia/Shanghai" if weibo else "")


def _adjusted(mapping: Mapping, options: Options) -> Mapping:
    changed = replace(
        mapping,
        columns={**mapping.columns, **(options.columns or {})},
        platform=options.platform or mapping.platform,
        timezone=options.timezone or mapping.timezone,
    )
    return checked_mapping(changed, mapping.name)


def _name_of(path: Path) -> str:
    """A source name from a file's: lower case, letters, digits and hyphens."""
    stem = path.name.split(".")[0].lower()
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem).strip("-")
    return ("-".join(part for part in kept.split("-") if part) or "import")[:60]


def preview(reading: Reading, data: DataDir, rows: int = 5) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The first rows as they would be stored, and the problems met on the way. Stores nothing."""
    columns = _columns(reading, data, "dry-run")
    source = open_source(reading.path)
    shown: list[dict[str, Any]] = []
    problems: list[Problem] = []
    try:
        for batch in reading.batches(source):
            batch.rows, batch.numbers = batch.rows[:200], batch.numbers[:200]
            table, unusable = columns.table(batch)
            shown += table.slice(0, rows - len(shown)).to_pylist()
            problems += [*batch.problems, *unusable]
            if len(shown) >= rows:
                break
    finally:
        source.close()
    return shown, problems


def _columns(reading: Reading, data: DataDir, crawl_id: str) -> Columns:
    collector = f"import-{reading.mapping.name}/1 chengqing/{code_version()}"
    now = datetime.now(UTC).replace(microsecond=0)
    stamp = Stamp(reading.source, crawl_id, collector, now, Identity.of_desk(data).author)
    return Columns(reading.mapping, stamp)


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
        columns = _columns(reading, data, crawl_id)
        summary = CrawlSummary(crawl_id, reading.source, columns.stamp.collector, datetime.now(UTC))
        writer = RawWriter(data, incident, summary)
        try:
            _copy(reading, columns, writer, tick)
        except BaseException:
            shutil.rmtree(writer.folder)  # half an import must not look like one that can go on
            raise
        summary.pages = 1
        summary.bytes = reading.path.stat().st_size
        summary.extra = {"file": reading.path.name, "input_sha256": digest, "repeated": columns.repeated}
        summary.extra |= {"unread_times": columns.unread_times, "mapping": reading.mapping.name}
        return writer.finish()


def _copy(reading: Reading, columns: Columns, writer: RawWriter, tick: Tick) -> None:
    source = open_source(reading.path)
    collecting = gc.isenabled()
    gc.disable()  # rows hold no cycles: looking for some among a million dictionaries takes most of the time
    try:
        for batch in reading.batches(source):
            table, unusable = columns.table(batch)
            if table.num_rows:
                writer.write(table)
            for problem in sorted([*batch.problems, *unusable], key=lambda one: one.row):
                writer.reject(problem.row, problem.reason, problem.raw)
            tick(source.position(), source.size)
    finally:
        source.close()
        if collecting:
            gc.enable()


def _sweep(data: DataDir, incident: str, source: str) -> None:
    """Take away what imports that were killed left behind; the lock says that none is running."""
    for folder in list(unfinished_crawls(data, incident)):
        if folder.parent.name == source and folder.name.endswith("-import"):
            shutil.rmtree(folder)
