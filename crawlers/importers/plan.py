"""How a file will be read, found out from its beginning and from what a person says about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from crawlers.importers.archive import is_archive, plan_archive
from crawlers.importers.columns import Columns, Stamp
from crawlers.importers.documents import TelegramExport, document_batches, refuse_private, shape_of
from crawlers.importers.formats import recognize_any
from crawlers.importers.formats.base import Format
from crawlers.importers.mapping import Mapping, checked_mapping, guess
from crawlers.importers.reading import Options, Parts, Reading
from crawlers.importers.rejects import shown_row
from crawlers.importers.rows import FIRST_ROWS, Batch, Problem, decode_all, json_batches
from crawlers.importers.shapes import Row
from crawlers.importers.some import some_of
from crawlers.importers.streams import ENCODINGS, Source, encoding_of, open_source, sample_of
from crawlers.importers.tables import layout_of, table_batches
from pipeline.errors import MappingError, UsageError
from pipeline.paths import checked_name

Batches = Callable[[Source], Iterator[Batch]]
_DOCUMENT = re.compile(
    rb'\s*\{\s*"(?:name|about|chats|data|messages|posts|items|type|id|personal_information)"\s*:'
)
_LISTS = ("data", "messages", "chats", "posts", "items")


@dataclass(frozen=True, slots=True)
class Rows:
    """A file's rows in the form that its mapping reads."""

    kind: str
    batches: Batches
    zone: str = ""
    """Time zone that the file itself names."""

    def first(self, path: Path) -> list[Row]:
        """Rows of its beginning. Raises ``UsageError`` where none can be read."""
        source = open_source(path)
        problems: list[Problem] = []
        try:
            for place, batch in enumerate(self.batches(source)):
                if batch.rows:
                    return batch.rows
                problems += batch.problems[:1]
                if place >= 20:
                    break
        finally:
            source.close()
        why = f" (row {problems[0].row}: {problems[0].reason})" if problems else ""
        raise UsageError(f"{path}: no row that can be read{why}; is it the right file, and whole?")


class RowParts:
    """Rows of a known format or with a mapping."""

    def __init__(
        self, batches: Batches, mapping: Mapping, known: Format | None, extra: Row, stamp: Stamp
    ) -> None:
        self._batches, self._extra = batches, extra
        self._prepare = known.prepare if known else None
        self._columns = Columns(mapping, stamp, known)

    def tables(self, source: Source) -> Iterator[tuple[pa.Table, list[Problem]]]:
        """A table per batch; problems in the order of the file."""
        for batch in self._batches(source):
            if self._prepare is not None or self._extra:
                self._put_in_form(batch)
            table, unusable = self._columns.table(batch)
            yield table, sorted([*batch.problems, *unusable], key=lambda one: one.row)

    def counted(self) -> dict[str, Any]:
        """Repeated ids and times that could not be read."""
        return {"repeated": self._columns.repeated, "unread_times": self._columns.unread_times}

    def _put_in_form(self, batch: Batch) -> None:
        made = [self._formed({**row, **self._extra} if self._extra else row) for row in batch.rows]
        refused = {place: why for place, why in enumerate(made) if isinstance(why, str)}
        for place, why in refused.items():
            batch.problems.append(Problem(batch.numbers[place], why, shown_row(batch.whole(place))))
        batch.rows = [row for row in made if not isinstance(row, str)]
        if refused:
            batch.numbers = [one for place, one in enumerate(batch.numbers) if place not in refused]

    def _formed(self, row: Row) -> Row | str:
        if self._prepare is None:
            return row
        try:
            return self._prepare(row)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            return f"not the form of this format: {type(error).__name__}: {str(error)[:80]}"


def plan_reading(path: Path, options: Options) -> Reading:
    """Find out how to read a file. Raises ``UsageError`` or ``MappingError`` with what to add."""
    if is_archive(path):
        return plan_archive(path, options)
    sample = sample_of(path)
    if not sample.strip(b"\0 \r\n\t"):
        raise UsageError(f"{path}: empty")
    rows = _rows_of(path, sample, options.encoding)
    first = rows.first(path)
    known = recognize_any(first) if options.mapping is None else None
    mapping = _mapping_of(path, first[0], known, rows, options)
    extra = known.of_file(path.name.split(".")[0]) if known and known.of_file else {}
    source = checked_name(options.source or (known.source if known else _name_of(path)), "source")

    batches = rows.batches
    if rows.kind == "jsonl" and (known is None or not (known.prepare or known.of_file)):
        more = known.reads if known else ()
        paths = [*(path for paths in mapping.columns.values() for path in paths), *more]
        batches = some_of(paths, dotted={name for row in first[:FIRST_ROWS] for name in row if "." in name})

    def parts(stamp: Stamp) -> Parts:
        return RowParts(batches, mapping, known, extra, stamp)

    return Reading(path, rows.kind, mapping.name, source, parts, mapping, known is not None)


def _mapping_of(path: Path, first: Row, known: Format | None, rows: Rows, options: Options) -> Mapping:
    if options.mapping is not None:
        mapping = options.mapping
    elif known is not None:
        mapping = known.mapping
    else:
        mapping = _table_mapping(path, list(first), options.columns or {})
    changed = replace(
        mapping,
        columns={**mapping.columns, **(options.columns or {})},
        platform=options.platform or mapping.platform,
        timezone=options.timezone or mapping.timezone or rows.zone,
    )
    return checked_mapping(changed, mapping.name)


def _rows_of(path: Path, sample: bytes, encoding: str | None) -> Rows:
    head = sample.lstrip(b"\xef\xbb\xbf\0 \r\n\t")
    if encoding is not None and encoding not in ENCODINGS:
        raise UsageError(f"--encoding {encoding}: one of {', '.join(ENCODINGS)}")
    if head[:1] in {b"{", b"["} and encoding is None and head[1:2] != b"\0":
        return _json_rows(path, head)
    name = encoding or encoding_of(sample, path)
    name = "utf-8-sig" if name == "utf-8" else name
    text = sample.decode(name, "replace")
    if encoding is None and name.startswith("utf-16") and text.lstrip("\ufeff \r\n\t")[:1] in {"{", "["}:
        raise UsageError(f"{path}: JSON in UTF-16; save it as UTF-8")
    layout = layout_of(text, name, lambda row: recognize_any([row]) is not None)
    return Rows("table", lambda source: table_batches(source, layout), layout.zone)


def _json_rows(path: Path, head: bytes) -> Rows:
    if head[:1] == b"{" and not _is_document(head):
        return Rows("jsonl", json_batches)
    source = open_source(path)
    try:
        shape = shape_of(source) if head[:1] == b"{" else "item"
        if shape in {"messages.item", "chats.list.item"}:
            export = TelegramExport(several=shape == "chats.list.item")
            refuse_private(export, source)
            return Rows("json", export)
    finally:
        source.close()
    return Rows("json", lambda source: document_batches(source, shape))


def _is_document(head: bytes) -> bool:
    """Whether a file that begins with an object is one document, not a line for each row."""
    line = head.split(b"\n", 1)[0].rstrip()
    try:
        first = decode_all(line)
    except (ValueError, RecursionError):
        return line.endswith((b"{", b"[", b",")) or (b"\n" not in head and _DOCUMENT.match(head) is not None)
    lists = [first.get(name) for name in _LISTS] if isinstance(first, dict) else []
    return any(isinstance(one, list) for one in lists) or (bool(lists) and isinstance(lists[2], dict))


def _table_mapping(path: Path, headers: list[str], given: dict[str, tuple[str, ...]]) -> Mapping:
    """A plain table: what a person named, and for the rest what the headers say."""
    missing = [
        c for columns in given.values() for c in columns if c not in headers and not re.search(r"[.\[]", c)
    ]
    if missing:
        raise MappingError(f"{path}: no column {missing[0]!r}; there are: {', '.join(headers)}")
    columns = {**guess(headers), **given}
    if not columns.get("text") and not columns.get("title"):
        raise MappingError(
            f"{path}: no column looks like the text; add --map text=COLUMN, one of: {', '.join(headers)}"
        )
    weibo = any("微博" in header for header in headers)
    return Mapping("table", columns, "weibo" if weibo else "import", "Asia/Shanghai" if weibo else "")


def _name_of(path: Path) -> str:
    """A source name from a file's: lower case, letters, digits and hyphens."""
    stem = path.name.split(".")[0].lower()
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in stem).strip("-")
    return ("-".join(part for part in kept.split("-") if part) or "import")[:60]
