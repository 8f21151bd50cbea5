"""Bounded lines to rows in batches; a row that cannot be read is kept as a problem with its number."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from crawlers.importers.streams import MAX_ROW, Source, TooLong, lines_of
from pipeline.errors import UsageError

Row = dict[str, Any]
BATCH_ROWS = 20_000
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # in no stub; without the regular expressions that decode() runs around it
_BATCH_BYTES = 32_000_000
_SHOWN = 2_000
_WHOLE_JSON = 64_000_000


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
    batch, size = Batch(), 0
    for number, line in enumerate(lines_of(source), 1):
        if isinstance(line, TooLong):
            batch.problems.append(too_long(number, line.start))
            continue
        try:
            text = line.decode()
            row, end = _scan(text, 0)
        except (ValueError, StopIteration, RecursionError):
            row = _second_try(line, number, batch)
        else:
            if end != len(text) and text[end:].strip():
                row = _second_try(line, number, batch)
        if type(row) is dict:
            batch.numbers.append(number)
            batch.rows.append(row)
        elif row is not None:
            batch.problems.append(Problem(number, f"a JSON {type(row).__name__}, not an object", _show(line)))
        size += len(line)
        if len(batch.rows) >= BATCH_ROWS or size >= _BATCH_BYTES:
            yield batch
            batch, size = Batch(), 0
    yield batch


def too_long(number: int, start: bytes) -> Problem:
    """The problem of a row past the size limit."""
    return Problem(number, f"longer than {MAX_ROW:,} bytes", _show(start))


def _second_try(line: bytes, number: int, batch: Batch) -> object:
    """Lines with NUL bytes, byte order marks or nothing at all; ``None`` when it was dealt with here."""
    stripped = line.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").strip()
    if not stripped:
        return None
    try:
        return json.loads(stripped)
    except UnicodeDecodeError as error:
        batch.problems.append(
            Problem(number, f"not UTF-8: {error.reason} at byte {error.start}", _show(line))
        )
    except (ValueError, RecursionError) as error:
        batch.problems.append(Problem(number, f"not JSON: {str(error)[:120]}", _show(line)))
    return None


def _show(line: bytes) -> str:
    return line[:_SHOWN].decode("utf-8", "backslashreplace")


def whole_json_batches(source: Source) -> Iterator[Batch]:
    """A file that is one JSON array; bounded, for such a file must be read at once."""
    parts: list[bytes] = []
    while block := source.stream.read(1 << 20):
        parts.append(block)
        if sum(map(len, parts)) > _WHOLE_JSON:
            raise UsageError(
                f"{source.path}: a JSON array of more than {_WHOLE_JSON:,} bytes; save it as JSON lines"
            )
    try:
        rows = json.loads(b"".join(parts))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{source.path}: not JSON ({str(error)[:120]})") from error
    for start in range(0, len(rows), BATCH_ROWS):
        batch = Batch()
        for number, row in enumerate(rows[start : start + BATCH_ROWS], start + 1):
            if isinstance(row, dict):
                batch.numbers.append(number)
                batch.rows.append(row)
            else:
                shown = json.dumps(row, ensure_ascii=True)[:_SHOWN]
                batch.problems.append(Problem(number, f"a JSON {type(row).__name__}, not an object", shown))
        yield batch


def delimiter_of(head: str) -> str:
    """Comma, tab or semicolon: the one that the header line has most of."""
    first = head.split("\n", 1)[0]
    return max(",\t;", key=first.count)


def table_batches(source: Source, encoding: str, delimiter: str) -> Iterator[Batch]:
    """Rows of a CSV or TSV file whose first row names the columns. Rows are numbered as records after it."""
    csv.field_size_limit(MAX_ROW)
    buffered = io.BufferedReader(source.stream, 1 << 18)
    text = io.TextIOWrapper(buffered, encoding, errors="surrogateescape", newline="")
    reader = csv.reader(_lines(text), delimiter=delimiter)
    header = _header(reader, source)
    batch, number = Batch(), 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            batch.problems.append(Problem(number, f"not a row: {error} (line {reader.line_num})", ""))
            continue
        _take(cells, header, number, batch)
        if len(batch.rows) >= BATCH_ROWS:
            yield batch
            batch = Batch()
    yield batch


def _take(cells: list[str], header: list[str], number: int, batch: Batch) -> None:
    if not cells or cells == [""]:
        return
    if len(cells) != len(header):
        reason = f"{len(cells)} cells where the header has {len(header)}"
        batch.problems.append(Problem(number, reason, _plain("\t".join(cells))))
    elif any(_has_stray(cell) for cell in cells):
        batch.problems.append(
            Problem(number, "bytes that do not fit the file's encoding", _plain("\t".join(cells)))
        )
    else:
        batch.numbers.append(number)
        batch.rows.append(dict(zip(header, cells, strict=True)))


def _header(reader: Iterator[list[str]], source: Source) -> list[str]:
    try:
        header = [name.strip().lstrip("\ufeff") for name in next(reader, [])]
    except csv.Error as error:
        raise UsageError(f"{source.path}: no header row ({error})") from error
    if len([name for name in header if name]) < 2:
        raise UsageError(f"{source.path}: the first row must name the columns; it reads {header[:3]}")
    twice = {name for name in header if name and header.count(name) > 1}
    return [f"{name} ({place})" if name in twice else name for place, name in enumerate(header, 1)]


def _has_stray(cell: str) -> bool:
    """Whether undecodable bytes were kept as lone surrogates."""
    if cell.isascii():
        return False
    try:
        cell.encode()
    except UnicodeEncodeError:
        return True
    return False


def _plain(text: str) -> str:
    return text[:_SHOWN].encode("utf-8", "backslashreplace").decode()


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines of bounded length: a file without line ends comes in pieces that the row limit then refuses."""
    read: Callable[[int], str] = text.readline
    return iter(lambda: read(MAX_ROW), "")
