"""Rows in batches, and JSON lines; a row that cannot be read is kept as a problem with its number.

Exports carry hundreds of fields a row and a mapping reads ten: only those are decoded. A row that turns out unusable is
decoded whole, for its reason and for the rejects file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypedDict

import msgspec

from crawlers.importers.streams import MAX_ROW, Source, TooLong, lines_of
from crawlers.jsons import NOT_STRICT, strict

Row = dict[str, Any]
FIRST_ROWS = 100
"""Rows of a file's first batch: what it is must be known before much of it is read."""
BATCH_ROWS = 8_000
"""Few enough to be small beside everything else, enough that what a table costs by itself does not count."""
BATCH_BYTES = 32_000_000
SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that could not be used: its number from 1, why, and how it began."""

    row: int
    reason: str
    raw: str


@dataclass(slots=True)
class Batch:
    """Rows with their numbers in the file, and those that could not be read."""

    numbers: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    """What rows were decoded from, where that was only in part; else empty."""

    def whole(self, place: int) -> Row:
        """A row with everything that the file says of it."""
        try:
            return dict(decode_all(self.lines[place])) if self.lines else self.rows[place]
        except (ValueError, TypeError, RecursionError):  # damaged where nobody looked
            return self.rows[place]


def decode_all(line: bytes) -> Any:  # noqa: ANN401  JSON
    """Everything in a line of JSON. Raises ``ValueError`` where it is none."""
    try:
        return strict(line)
    except NOT_STRICT:
        return json.loads(line.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").strip())


def json_batches(source: Source) -> Iterator[Batch]:
    """One JSON object per line, with all it holds."""
    return _batches(source, strict, keep=False)


def some_of(paths: Iterable[str]) -> Callable[[Source], Iterator[Batch]]:
    """Reads one JSON object per line, but of each only what stands at these paths."""
    tree: dict[str, Any] = {}
    for path in paths:
        tree[path.partition("[")[0]] = {}  # a name that holds dots itself
        level = tree
        for name in path.partition("[")[0].split("."):
            level = level.setdefault(name, {})
        level[""] = {}  # all of it is wanted
    decode = msgspec.json.Decoder(_shape(tree)).decode
    return lambda source: _batches(source, decode, keep=True)


def _shape(tree: dict[str, Any]) -> Any:  # noqa: ANN401  a type
    """The type of an object of which only these names are looked at."""
    shapes = {name: Any if not inner or "" in inner else _shape(inner) | None for name, inner in tree.items()}
    return TypedDict("Row", shapes, total=False)  # type: ignore[operator]


def _batches(source: Source, decode: Callable[[bytes], Any], *, keep: bool) -> Iterator[Batch]:
    batch, size, most, number = Batch(), 0, FIRST_ROWS, 1
    for lines in lines_of(source):
        _take_block(lines, number, decode, batch, keep=keep)
        number += len(lines)
        size += sum(map(len, lines))
        if len(batch.rows) >= most or size >= BATCH_BYTES or len(batch.problems) >= BATCH_ROWS:
            yield batch
            batch, size, most = Batch(), 0, BATCH_ROWS
    yield batch


def _take_block(
    lines: list[bytes | TooLong], first: int, decode: Callable[[bytes], Any], batch: Batch, *, keep: bool
) -> None:
    """All lines of a block at once where all are rows, else one by one."""
    try:
        rows = list(map(decode, lines))  # type: ignore[arg-type]  # a line that is too long raises
    except (TypeError, *NOT_STRICT):
        rows = []
    if len(rows) == len(lines) and set(map(type, rows)) == {dict}:
        batch.numbers.extend(range(first, first + len(rows)))
        batch.rows.extend(rows)
        if keep:
            batch.lines.extend(lines)  # type: ignore[arg-type]  # all were bytes
        return
    for number, line in enumerate(lines, first):
        _take_line(line, number, decode, batch, keep=keep)


def _take_line(
    line: bytes | TooLong, number: int, decode: Callable[[bytes], Any], batch: Batch, *, keep: bool
) -> None:
    if isinstance(line, TooLong):
        batch.problems.append(too_long(number, line.start))
        return
    try:
        row = decode(line)
    except NOT_STRICT:
        row = _second_try(line, number, batch)
    if type(row) is dict:
        batch.numbers.append(number)
        batch.rows.append(row)
        if keep:
            batch.lines.append(line)
    elif row is not None:
        batch.problems.append(Problem(number, f"a JSON {type(row).__name__}, not an object", show(line)))


def too_long(number: int, start: bytes) -> Problem:
    """The problem of a row past the size limit."""
    return Problem(number, f"longer than {MAX_ROW:,} bytes", show(start))


def _second_try(line: bytes, number: int, batch: Batch) -> object:
    """Lines with NUL bytes, byte order marks or nothing at all; ``None`` when it was dealt with here."""
    stripped = line.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").strip()
    if not stripped:
        return None
    try:
        return decode_all(line)
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: {error.reason} at byte {error.start}"
    except (ValueError, RecursionError) as error:
        reason = f"not JSON: {str(error)[:120]}"
    batch.problems.append(Problem(number, reason, show(line)))
    return None


def show(line: bytes) -> str:
    """How a line begins, for the rejects file."""
    return line[:SHOWN].decode("utf-8", "backslashreplace")
