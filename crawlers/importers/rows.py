"""Rows in batches, and JSON lines; a row that cannot be read is kept as a problem with its number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from crawlers.importers.shapes import Part, Row
from crawlers.importers.streams import MAX_ROW, Source, TooLong, lines_of
from crawlers.importers.values import Reader, Walked
from crawlers.jsons import NOT_STRICT, strict

FIRST_ROWS = 100
"""Rows of a file's first batch: what it is must be known before much of it is read."""
BATCH_ROWS = 4_000
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

    def reader(self) -> Reader:
        """The rows, read by path."""
        return Walked(self.rows)

    def whole(self, place: int) -> Row:
        """A row with everything that the file says of it."""
        return self.rows[place]


def decode_all(line: bytes) -> Any:  # noqa: ANN401  JSON
    """Everything in a line of JSON. Raises ``ValueError`` where it is none."""
    try:
        return strict(line)
    except NOT_STRICT:
        return json.loads(line.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").strip())


def json_batches(source: Source) -> Iterator[Batch]:
    """One JSON object per line, with all it holds."""
    batch, size, most, number = Batch(), 0, FIRST_ROWS, 1
    for lines in lines_of(source):
        for place, line in enumerate(lines, number):
            row = read_line(line, place, strict, batch.problems)
            if row is not None:
                batch.numbers.append(place)
                batch.rows.append(row)
        number += len(lines)
        size += sum(map(len, lines))
        if len(batch.rows) >= most or size >= BATCH_BYTES or len(batch.problems) >= BATCH_ROWS:
            yield batch
            batch, size, most = Batch(), 0, BATCH_ROWS
    yield batch


def read_line(
    line: bytes | TooLong, number: int, decode: Callable[[bytes], Any], problems: list[Problem]
) -> Any:  # noqa: ANN401  a row, or a part of one
    """The row that a line holds; ``None`` where it holds none, and ``problems`` then say why if it is not blank."""
    if isinstance(line, TooLong):
        problems.append(too_long(number, line.start))
        return None
    try:
        row = decode(line)
    except NOT_STRICT:
        if not line.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").strip():
            return None
        row = _second_try(line, number)
    if isinstance(row, dict | Part):
        return row
    if not isinstance(row, Problem):
        kind = "null" if row is None else type(row).__name__
        row = Problem(number, f"a JSON {kind}, not an object", show(line))
    problems.append(row)
    return None


def too_long(number: int, start: bytes) -> Problem:
    """The problem of a row past the size limit."""
    return Problem(number, f"longer than {MAX_ROW:,} bytes", show(start))


def _second_try(line: bytes, number: int) -> object:
    """What a line with NUL bytes or byte order marks holds, else why it cannot be read."""
    try:
        return decode_all(line)
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: {error.reason} at byte {error.start}"
    except (ValueError, RecursionError) as error:
        reason = f"not JSON: {str(error)[:120]}"
    return Problem(number, reason, show(line))


def show(line: bytes) -> str:
    """How a line begins, for the rejects file."""
    return line[:SHOWN].decode("utf-8", "backslashreplace")
