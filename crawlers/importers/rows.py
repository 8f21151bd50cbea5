"""Rows in batches, and JSON lines; a row that cannot be read is kept as a problem with its number.

Exports carry hundreds of fields a row and a mapping reads ten: only those are decoded. A row that turns out unusable is
decoded whole, for its reason and for the rejects file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from crawlers.importers.shapes import Decoder, Part, decoder_of, plain
from crawlers.importers.streams import BLOCK, MAX_ROW, Source, TooLong, lines_of
from crawlers.jsons import NOT_STRICT, strict

Row = dict[str, Any]
Rows = list[Any]
"""Dictionaries, or parts of one type."""
FIRST_ROWS = 100
"""Rows of a file's first batch: what it is must be known before much of it is read."""
BATCH_ROWS = 4_000
"""Few enough to be small beside everything else, enough that what a table costs by itself does not count."""
BATCH_BYTES = 32_000_000
SHOWN = 2_000
_NEWLINE, _OPENS = ord("\n"), ord("{")


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
    rows: Rows = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    blocks: list[memoryview | bytes] = field(default_factory=list)
    """The lines that rows were decoded from, where that was only in part; else empty. Gone with the next batch."""
    _lines: list[bytes] = field(default_factory=list)

    def whole(self, place: int) -> Row:
        """A row with everything that the file says of it."""
        row = self.rows[place]
        known = plain(row) if isinstance(row, Part) else row
        try:
            return dict(decode_all(self.lines[place])) if self.blocks else known
        except (ValueError, TypeError, RecursionError):  # damaged where nobody looked
            return known

    @property
    def lines(self) -> list[bytes]:
        """The line of each row, copied only when somebody asks."""
        if not self._lines:
            blocks = (bytes(block).removesuffix(b"\n") for block in self.blocks)
            self._lines = [line for block in blocks for line in block.split(b"\n")]
        return self._lines

    def settled(self) -> Batch:
        """All rows as dictionaries where some had to be read as such: a batch is read as one kind."""
        if len(set(map(type, self.rows))) > 1:
            self.rows = [plain(row) if isinstance(row, Part) else row for row in self.rows]
        return self


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
            _take_line(line, place, strict, batch)
        number += len(lines)
        size += sum(map(len, lines))
        if len(batch.rows) >= most or size >= BATCH_BYTES or len(batch.problems) >= BATCH_ROWS:
            yield batch
            batch, size, most = Batch(), 0, BATCH_ROWS
    yield batch


def some_of(paths: Iterable[str]) -> Callable[[Source], Iterator[Batch]]:
    """Reads one JSON object per line, but of each only what stands at these paths."""
    decoder = decoder_of(paths)
    return lambda source: _Some(source, decoder).batches()


class _Some:
    """Lines decoded in a buffer that is used over and over: copying large rows costs as much as decoding them."""

    def __init__(self, source: Source, decoder: Decoder) -> None:
        self._read, self._decoder = source.stream.readinto, decoder
        self._room = min(
            BATCH_BYTES, source.size + MAX_ROW + BLOCK
        )  # packed files may hold more, not need more
        self._buffer = bytearray(self._room + BLOCK)
        self._view = memoryview(self._buffer)
        self._number = 1
        self._skipped: bytes | None = None
        """How the row began that is being skipped for its size."""

    def batches(self) -> Iterator[Batch]:
        """Every batch is to be used up before the next one is asked for."""
        batch, most, done, end = Batch(), FIRST_ROWS, 0, 0
        while got := self._read(self._view[end : end + BLOCK]):
            end += got
            done, end = self._advance(done, end, end - got, batch)
            if len(batch.rows) >= most or end >= self._room or len(batch.problems) >= BATCH_ROWS:
                yield batch.settled()
                batch, most = Batch(), BATCH_ROWS
                rest = bytes(self._view[done:end])
                self._view[: len(rest)] = rest
                done, end = 0, len(rest)
        if self._skipped is not None:
            self._refuse(self._skipped, batch)
        elif end > done:
            self._take(done, end, batch)
        yield batch.settled()

    def _advance(self, done: int, end: int, fresh: int, batch: Batch) -> tuple[int, int]:
        """Take all whole lines; up to where they were taken, and how much of the buffer is still of use."""
        first = self._buffer.find(b"\n", fresh, end) + 1
        if self._skipped is not None or first - done > MAX_ROW:
            if not first:
                return done, done
            self._refuse(self._skipped or self._start(done), batch)
            done = first
        cut = self._buffer.rfind(b"\n", max(done, fresh), end) + 1
        if cut > done:
            self._take(done, cut, batch)
            done = cut
        if end - done > MAX_ROW:
            self._skipped = self._start(done)
            return done, done
        return done, end

    def _start(self, place: int) -> bytes:
        return bytes(self._view[place : place + SHOWN])

    def _refuse(self, start: bytes, batch: Batch) -> None:
        batch.problems.append(too_long(self._number, start))
        self._number, self._skipped = self._number + 1, None

    def _take(self, start: int, end: int, batch: Batch) -> None:
        """All lines at once where each is a row, else one by one."""
        view = self._view[start:end]
        signs = np.frombuffer(view, np.uint8)
        starts = np.flatnonzero(signs[:-1] == _NEWLINE) + 1
        count = len(starts) + 1
        try:
            rows = self._decoder.decode_lines(view)
        except NOT_STRICT:
            rows = []
        # As many rows as lines is not enough: one line may hold two, and the next be blank.
        if len(rows) == count and signs[0] == _OPENS and (signs[starts] == _OPENS).all():
            batch.rows.extend(rows)
            batch.numbers.extend(range(self._number, self._number + count))
            batch.blocks.append(view)
        else:
            for number, line in enumerate(bytes(view).removesuffix(b"\n").split(b"\n"), self._number):
                if _take_line(line, number, self._decoder.decode, batch):
                    batch.blocks.append(line)
        self._number += count


def _take_line(line: bytes | TooLong, number: int, decode: Callable[[bytes], Any], batch: Batch) -> bool:
    """Whether the line was a row."""
    if isinstance(line, TooLong):
        batch.problems.append(too_long(number, line.start))
        return False
    try:
        row = decode(line)
    except NOT_STRICT:
        row = _second_try(line, number, batch)
    is_row = isinstance(row, dict | Part)
    if is_row:
        batch.numbers.append(number)
        batch.rows.append(row)
    elif row is not None:
        batch.problems.append(Problem(number, f"a JSON {type(row).__name__}, not an object", show(line)))
    return is_row


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
