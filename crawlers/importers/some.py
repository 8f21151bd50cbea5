"""JSON lines of which only some paths are read.

Exports carry hundreds of fields a row and a mapping reads ten: only those are decoded, a few hundred rows at a time
and taken apart into columns at once, for rows that stay within the processor's cache are made and freed twice as fast.
What turns out unusable is decoded whole, for its reason and for the rejects file.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, compress, groupby, pairwise, repeat
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec.structs import astuple

from crawlers.importers.rows import (
    BATCH_BYTES,
    BATCH_ROWS,
    FIRST_ROWS,
    SHOWN,
    Batch,
    decode_all,
    read_line,
    too_long,
)
from crawlers.importers.shapes import Part, Row, Rows, Shape, Steps, nothing, plain, shape_of
from crawlers.importers.streams import BLOCK, MAX_ROW, Source
from crawlers.importers.values import Lists, Reader, Values, Walked, flattened, through
from crawlers.jsons import NOT_STRICT

CHUNK_ROWS = 256
_NEWLINE, _OPENS = ord("\n"), ord("{")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows taken apart: what stands at each path that any of them has."""

    count: int
    columns: dict[str, Values]
    lists: dict[str, Lists]


def chunk_of(rows: Rows, shape: Shape) -> Chunk:
    """Rows of one shape taken apart; they are not needed afterwards."""
    chunk = Chunk(len(rows), {}, {})
    _take_apart(rows, shape, chunk)
    return chunk


def _take_apart(rows: Rows, shape: Shape, chunk: Chunk) -> None:
    columns = map(list, zip(*map(astuple, rows), strict=True))
    for field_, values in zip(shape.fields, columns, strict=True):
        if values[0] is None and values.count(None) == len(values):
            continue
        if field_.path is not None:
            chunk.columns[field_.path] = values
        for path, steps in field_.below:
            _follow(values, path, steps, chunk)
        if field_.inner is not None:
            empty = nothing(field_.inner.kind)
            inner = [one or empty for one in values] if None in values else values
            _take_apart(inner, field_.inner, chunk)


def _follow(values: Values, path: str, steps: Steps, chunk: Chunk) -> None:
    """A path that goes on through lists, or through what was decoded whole."""
    flat = (
        flattened(values, steps[1:])
        if steps[0] is None and len(steps) > 1 and None not in steps[1:]
        else None
    )
    if flat is not None:
        chunk.lists[path] = flat
    elif (found := through(values, steps)).count(None) < len(found):
        chunk.columns[path] = found


def chunk_of_dictionaries(rows: Rows, paths: Iterable[str]) -> Chunk:
    """Rows that were decoded whole taken apart."""
    walked = Walked(rows)
    found = {path: walked.column(path) for path in paths}
    return Chunk(len(rows), {path: v for path, v in found.items() if v.count(None) < len(v)}, {})


class Gathered(Reader):
    """Rows taken apart, a chunk after the other."""

    def __init__(self, chunks: list[Chunk]) -> None:
        super().__init__(sum(chunk.count for chunk in chunks))
        self._chunks = chunks

    def may_hold(self, path: str) -> bool:
        """Whether any row has something at ``path``."""
        return any(path in chunk.columns or path in chunk.lists for chunk in self._chunks)

    def column(self, path: str) -> Values:
        """Per row the value at ``path``, which is one of those that were read."""
        if not self.may_hold(path):
            return self._none
        return list(chain.from_iterable(_column(chunk, path) for chunk in self._chunks))

    def listed(self, path: str) -> Lists | None:
        """What stands at ``path``, which goes through a list; ``None`` where that is no list, or a long one."""
        if any(path in chunk.columns for chunk in self._chunks):
            return None
        found = [chunk.lists.get(path) or ([], np.zeros(chunk.count, np.int32)) for chunk in self._chunks]
        return list(chain.from_iterable(flat for flat, _ in found)), np.concatenate([s for _, s in found])

    def some(self, keep: npt.NDArray[np.bool_]) -> Reader:
        """The rows to keep."""
        parts = np.split(keep, np.cumsum([chunk.count for chunk in self._chunks])[:-1])
        return Gathered([_some(chunk, part) for chunk, part in zip(self._chunks, parts, strict=True)])


def _some(chunk: Chunk, keep: npt.NDArray[np.bool_]) -> Chunk:
    if keep.all():
        return chunk
    columns = {path: list(compress(values, keep)) for path, values in chunk.columns.items()}
    lists = {
        path: (list(compress(flat, np.repeat(keep, sizes))), sizes[keep])
        for path, (flat, sizes) in chunk.lists.items()
    }
    return Chunk(int(keep.sum()), columns, lists)


def _column(chunk: Chunk, path: str) -> Iterable[Any]:
    if path not in chunk.lists:
        return chunk.columns.get(path) or repeat(None, chunk.count)
    flat, sizes = chunk.lists[path]
    ends = np.cumsum(sizes)
    borders = zip((ends - sizes).tolist(), ends.tolist(), strict=True)
    return [flat[start:end] if end > start else None for start, end in borders]


@dataclass(slots=True)
class SomeBatch(Batch):
    """Rows of which only some paths were read; their lines are gone with the next batch."""

    decode: Callable[[bytes], Part] = field(kw_only=True)
    chunks: list[Chunk] = field(default_factory=list)
    blocks: list[memoryview | bytes] = field(default_factory=list)
    """The lines that the rows were decoded from."""
    _lines: list[bytes] = field(default_factory=list)

    def reader(self) -> Reader:
        """The rows, read by path."""
        return Gathered(self.chunks)

    def whole(self, place: int) -> Row:
        """A row with everything that the file says of it."""
        line = self.lines[place]
        try:
            return dict(decode_all(line))
        except (ValueError, RecursionError):  # damaged where nobody looked
            return plain(self.decode(line))

    @property
    def lines(self) -> list[bytes]:
        """The line of each row, copied only when somebody asks."""
        if not self._lines:
            blocks = (bytes(block).removesuffix(b"\n") for block in self.blocks)
            self._lines = [line for block in blocks for line in block.split(b"\n")]
        return self._lines


def some_of(paths: Iterable[str], dotted: Container[str] = ()) -> Callable[[Source], Iterator[SomeBatch]]:
    """Reads one JSON object per line, but of each only what stands at these paths; ``dotted`` are names with dots."""
    kept = tuple(paths)
    shape = shape_of(kept, dotted)
    return lambda source: _Some(source, kept, shape).batches()


class _Some:
    """Lines decoded in a buffer that is used over and over: copying large rows costs as much as decoding them."""

    def __init__(self, source: Source, paths: tuple[str, ...], shape: Shape) -> None:
        self._read, self._paths, self._shape = source.stream.readinto, paths, shape
        self._decoder = shape.decoder()
        self._room = min(
            BATCH_BYTES, source.size + MAX_ROW + BLOCK
        )  # packed files may hold more, not need more
        self._buffer = mmap.mmap(-1, self._room + BLOCK)  # takes memory only where it was written to
        self._view = memoryview(self._buffer)
        self._number = 1
        self._skipped: bytes | None = None
        """How the row began that is being skipped for its size."""

    def batches(self) -> Iterator[SomeBatch]:
        """Every batch is to be used up before the next one is asked for."""
        batch, most, done, end = self._batch(), FIRST_ROWS, 0, 0
        while got := self._read(self._view[end : end + BLOCK]):
            end += got
            done, end = self._advance(done, end, end - got, batch)
            if len(batch.numbers) >= most or end >= self._room or len(batch.problems) >= BATCH_ROWS:
                yield batch
                batch, most = self._batch(), BATCH_ROWS
                rest = bytes(self._view[done:end])
                self._view[: len(rest)] = rest
                done, end = 0, len(rest)
        if self._skipped is not None:
            self._refuse(self._skipped, batch)
        elif end > done:
            self._take(done, end, batch)
        yield batch

    def _batch(self) -> SomeBatch:
        return SomeBatch(decode=self._decoder.decode)

    def _advance(self, done: int, end: int, fresh: int, batch: SomeBatch) -> tuple[int, int]:
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

    def _refuse(self, start: bytes, batch: SomeBatch) -> None:
        batch.problems.append(too_long(self._number, start))
        self._number, self._skipped = self._number + 1, None

    def _take(self, start: int, end: int, batch: SomeBatch) -> None:
        """All lines at once where each is a row, else one by one."""
        view = self._view[start:end]
        signs = np.frombuffer(view, np.uint8)
        starts = np.flatnonzero(signs[:-1] == _NEWLINE) + 1
        # As many rows as lines is not enough: one line may hold two, and the next be blank.
        opens = signs[0] == _OPENS and bool((signs[starts] == _OPENS).all())
        chunks = self._chunks(view, starts) if opens else None
        count = len(starts) + 1
        if chunks is not None:
            batch.chunks += chunks
            batch.numbers.extend(range(self._number, self._number + count))
            batch.blocks.append(view)
        else:
            self._take_lines(bytes(view), batch)
        self._number += count

    def _chunks(self, view: memoryview, starts: npt.NDArray[np.int64]) -> list[Chunk] | None:
        """The lines of ``view``, some hundred at a time; ``None`` where one is no row."""
        made = []
        edges = [0, *starts[CHUNK_ROWS - 1 :: CHUNK_ROWS].tolist(), len(view)]
        left = len(starts) + 1
        for first, last in pairwise(edges):
            try:
                rows = self._decoder.decode_lines(view[first:last])
            except NOT_STRICT:
                return None
            if len(rows) != min(left, CHUNK_ROWS):
                return None
            left -= len(rows)
            made.append(chunk_of(rows, self._shape))
        return made

    def _take_lines(self, lines: bytes, batch: SomeBatch) -> None:
        """Each line by itself."""
        rows: Rows = []
        for number, line in enumerate(lines.removesuffix(b"\n").split(b"\n"), self._number):
            row = read_line(line, number, self._decoder.decode, batch.problems)
            if row is not None:
                rows.append(row)
                batch.numbers.append(number)
                batch.blocks.append(line)
        for is_part, alike in groupby(rows, lambda row: isinstance(row, Part)):
            same = list(alike)
            batch.chunks.append(
                chunk_of(same, self._shape) if is_part else chunk_of_dictionaries(same, self._paths)
            )
