"""Rows in batches, and JSON lines; a row that cannot be read is kept as a problem with its number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from crawlers.importers.streams import MAX_ROW, Source, TooLong, lines_of

Row = dict[str, Any]
FIRST_ROWS = 100
"""Rows of a file's first batch: what it is must be known before much of it is read."""
BATCH_ROWS = 4_000
"""Few enough that a batch's objects stay in the processor's cache while its columns are picked out."""
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


def json_batches(source: Source) -> Iterator[Batch]:
    """One JSON object per line."""
    batch, size, most = Batch(), 0, FIRST_ROWS
    for number, line in enumerate(lines_of(source), 1):
        if isinstance(line, TooLong):
            batch.problems.append(too_long(number, line.start))
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = _second_try(line, number, batch)
        if type(row) is dict:
            batch.numbers.append(number)
            batch.rows.append(row)
        elif row is not None:
            batch.problems.append(Problem(number, f"a JSON {type(row).__name__}, not an object", show(line)))
        size += len(line)
        if len(batch.rows) >= most or size >= BATCH_BYTES or len(batch.problems) >= BATCH_ROWS:
            yield batch
            batch, size, most = Batch(), 0, BATCH_ROWS
    yield batch


def too_long(number: int, start: bytes) -> Problem:
    """The problem of a row past the size limit."""
    return Problem(number, f"longer than {MAX_ROW:,} bytes", show(start))


def _second_try(line: bytes, number: int, batch: Batch) -> object:
    """Lines with NUL bytes, byte order marks or nothing at all; ``None`` when it was dealt with here."""
    stripped = line.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").strip()
    if not stripped:
        return None
    try:
        return json.loads(stripped)
    except UnicodeDecodeError as error:
        reason = f"not UTF-8: {error.reason} at byte {error.start}"
    except (ValueError, RecursionError) as error:
        reason = f"not JSON: {str(error)[:120]}"
    batch.problems.append(Problem(number, reason, show(line)))
    return None


def show(line: bytes) -> str:
    """How a line begins, for the rejects file."""
    return line[:SHOWN].decode("utf-8", "backslashreplace")
