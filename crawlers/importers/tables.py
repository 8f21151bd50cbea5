"""Rows of CSV and TSV files: bounded, and a quote that never closes costs its own line, not those after it."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crawlers.importers.rejects import shown_cells
from crawlers.importers.rows import BATCH_BYTES, BATCH_ROWS, FIRST_ROWS, SHOWN, Batch, Problem
from crawlers.importers.shapes import Row
from crawlers.importers.streams import MAX_ROW, Source
from pipeline.errors import UsageError

PREAMBLE_ROWS = 20
"""Rows before the header in which a service may tell about its export."""
_AGAIN = 64_000_000
"""Characters that may be read a second time, in a whole file, to find where rows begin again."""
_ZONE = re.compile(r"\b(UTC|GMT|[A-Z][a-z]+/[A-Z][A-Za-z_]+)\b")


def _mark_stray(error: UnicodeError) -> tuple[str, int]:
    """Bytes that do not fit the encoding become lone surrogates: whoever reads the cell sees that it is damaged."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("chengqing-stray", _mark_stray)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is written."""

    encoding: str
    delimiter: str
    skipped: int = 0
    """Rows before the header."""
    zone: str = ""
    """Time zone that those rows name."""


def delimiter_of(head: str) -> str:
    """Comma, tab or semicolon: the one that the first line has most of."""
    first = head.split("\n", 1)[0]
    return max(",\t;", key=first.count)


def layout_of(sample: str, encoding: str, is_header: Callable[[Row], bool]) -> Layout:
    """Where a table begins: at the first row that a known format fits, else at the first row."""
    for delimiter in ",\t;":
        before: list[str] = []
        for place, cells in enumerate(_first_records(sample, delimiter)):
            if is_header(dict.fromkeys(_names(cells))):
                zone = _ZONE.search(" ".join(before))
                return Layout(encoding, delimiter, place, zone[1].replace("GMT", "UTC") if zone else "")
            before += cells
    return Layout(encoding, delimiter_of(sample))


def _first_records(sample: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
    try:
        yield from itertools.islice(reader, PREAMBLE_ROWS)
    except csv.Error:
        return  # the rows themselves will say what is wrong with them


def _names(cells: list[str]) -> list[str]:
    return [name.replace("\0", "").strip().lstrip("\ufeff") for name in cells]


def table_batches(source: Source, layout: Layout) -> Iterator[Batch]:
    """Rows after the one that names the columns, numbered from 1."""
    csv.field_size_limit(MAX_ROW)
    text = io.TextIOWrapper(
        io.BufferedReader(source.stream, 1 << 18), layout.encoding, errors="chengqing-stray", newline=""
    )
    records = _Records(text, layout.delimiter)
    header = _header(records, source, layout.skipped)
    batch, size, most = Batch(), 0, FIRST_ROWS
    for number, record in enumerate(records.rows(len(header)), 1):
        size += records.size
        if isinstance(record, str):
            batch.problems.append(Problem(number, record, _plain(records.start, header)))
        else:
            _take(record, header, number, batch)
        if len(batch.rows) >= most or size >= BATCH_BYTES or len(batch.problems) >= BATCH_ROWS:
            yield batch
            batch, size, most = Batch(), 0, BATCH_ROWS
    yield batch


class _Records:
    """Records of a table, line by line, so that a broken one can be given up without those after it."""

    def __init__(self, text: io.TextIOWrapper, delimiter: str) -> None:
        read: Callable[[int], str] = text.readline
        self._read = read
        self._delimiter = delimiter
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._again = _AGAIN
        self.size = 0
        """Characters of the last record."""
        self.start = ""
        """How the last record began, where it could not be read."""

    def _lines(self) -> Iterator[str]:
        while line := self._waiting.popleft() if self._waiting else self._line():
            self._taken.append(line)
            self.size += len(line)
            if self.size > MAX_ROW:
                raise csv.Error(f"field larger than field limit ({MAX_ROW})")
            yield line

    def _line(self) -> str:
        """One line; of one past the limit only the beginning, which is then too long by one."""
        line = self._read(MAX_ROW)
        if len(line) < MAX_ROW or line.endswith("\n"):
            return line
        while (more := self._read(MAX_ROW)) and not more.endswith("\n"):
            pass
        return line + "\n"

    def next(self) -> list[str] | None:
        """The cells of one record, ``None`` at the end. Raises ``csv.Error``."""
        self._taken.clear()
        self.size = 0
        return next(csv.reader(self._lines(), delimiter=self._delimiter, strict=True), None)

    def rows(self, width: int) -> Iterator[list[str] | str]:
        """Cells of each record; a string says why one cannot be read."""
        reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
        while True:
            self._taken.clear()
            self.size = 0
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield self._given_up(width, str(error))
                reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
                continue
            if cells is None:
                return
            if len(cells) != width and len(self._taken) > 1 and cells:
                yield self._given_up(width, f"{len(cells)} cells where the header has {width}")
                continue
            yield cells

    def _given_up(self, width: int, error: str) -> list[str] | str:
        """Take the first line by itself and put the others back."""
        line, *rest = self._taken or [""]
        self.start = line[:SHOWN]
        if sum(map(len, rest)) <= self._again:
            self._again -= sum(map(len, rest))
            self._waiting.extendleft(reversed(rest))
        else:
            error += f"; the {len(rest)} lines after it went with it"
        cells = line.rstrip("\r\n").split(self._delimiter)
        if len(cells) == width and line.count('"') % 2 == 0 and len(line) < MAX_ROW:
            return cells  # quotes in the middle of words, which some tools do not double: verbatim
        return f"not a row: {error}"


def _take(cells: list[str], header: list[str], number: int, batch: Batch) -> None:
    if not cells or cells == [""]:
        return
    if len(cells) != len(header):
        reason = f"{len(cells)} cells where the header has {len(header)}"
        batch.problems.append(Problem(number, reason, shown_cells(header, cells)))
    elif _has_stray("".join(cells)):
        reason = "bytes that do not fit the file's encoding"
        batch.problems.append(Problem(number, reason, shown_cells(header, cells)))
    else:
        batch.numbers.append(number)
        batch.rows.append(dict(zip(header, cells, strict=True)))


def _header(records: _Records, source: Source, skipped: int) -> list[str]:
    try:
        for _ in range(skipped):
            records.next()
        header = _names(records.next() or [])
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


def _plain(text: str, header: list[str]) -> str:
    """A line that is no row: its cells may have shifted, so whatever stands where people stand is blotted."""
    return shown_cells(header, re.split(r"[,\t;]", text)).encode("utf-8", "backslashreplace").decode()
