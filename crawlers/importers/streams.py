"""Files from anywhere as bounded lines: gzip or not, any encoding, rows of any size, bombs included."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import UsageError

MAX_ROW = 4_000_000
"""Bytes of one row; a longer one is rejected with its number."""
MAX_RATIO = 50
"""A gzip file that grows more than this (beyond the first 200 MB) is taken for a bomb."""
_FREE = 200_000_000
BLOCK = 1 << 20
_SAMPLE = 1 << 18
_SHOWN = 2_000
ENCODINGS = ("utf-8", "gb18030", "big5hkscs", "utf-16")
# The commonest characters of written Chinese in both scripts: a wrong decoding rarely hits them.
_COMMON = frozenset(
    "的一是不了在人有我他这這个個们們中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于於着著下自之年"
    "过過发發后後作里裡用道行所然家种種事成方多经經么麼去法学學如都同现現当當没沒动動面起看定天分还還进進好小部其些主样樣"
)
_COMMON_MARKS = frozenset(",。!?:;、「」“”《》()\n ")


class DamagedInput(UsageError):  # noqa: N818  reads as a sentence where it is raised
    """A packed file that breaks off or does not hold what its checksums say."""


class Bounded(io.RawIOBase):
    """Counts what is read from a file, so that progress and bombs show."""

    def __init__(self, inner: BinaryIO, limit: int, path: Path) -> None:
        super().__init__()
        self._left, self._path = limit, path
        # One step at a time: what a damaged file holds before its damage must come out.
        self._take: Callable[[int], bytes] = getattr(inner, "read1", inner.read)
        self._fill: Callable[[Any], int] | None = getattr(inner, "readinto1", None)

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise DamagedInput(f"{self._path}: damaged gzip file ({error}); fetch it again") from error

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise UsageError(f"{self._path}: unpacks to far more than its size: a bomb, or pass it unpacked")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  any writable buffer
        """Fill ``buffer``; how much was there."""
        if self._fill is None:
            block = self.read(len(buffer))
            buffer[: len(block)] = block
            return len(block)
        with self._guarded():
            size = self._fill(buffer)
        self._count(size)
        return size

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes. Raises ``UsageError`` past the limit or for damaged gzip."""
        with self._guarded():
            block = self._take(size if size >= 0 else BLOCK)
        self._count(len(block))
        return block


@dataclass(frozen=True, slots=True)
class Source:
    """An open input: unpacked bytes, and how far the packed file has been read."""

    path: Path
    stream: Bounded
    packed: BinaryIO
    size: int

    def position(self) -> int:
        """Bytes of the file on disk that are behind us."""
        return self.packed.tell()

    def close(self) -> None:
        """Close the file."""
        self.packed.close()


def open_packed(path: Path) -> Source:
    """Open a file as it is. Raises ``UsageError``."""
    try:
        packed = path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
    size = path.stat().st_size
    return Source(path, Bounded(packed, size + 1, path), packed, size)


def open_source(path: Path) -> Source:
    """Open a file, unpacking gzip by its first bytes, not its name. Raises ``UsageError``."""
    opened = open_packed(path)
    packed, size = opened.packed, opened.size
    magic = packed.read(4)
    packed.seek(0)
    if magic == b"PK\x03\x04":
        packed.close()
        raise UsageError(f"{path}: a zip or Excel file; unpack it, or save the sheet as CSV UTF-8")
    if magic[:2] == b"\x1f\x8b":
        inner = gzip.GzipFile(fileobj=packed)
        return Source(path, Bounded(inner, _FREE + size * MAX_RATIO, path), packed, size)  # type: ignore[arg-type]  # reads like a file
    return opened


def sample_of(path: Path) -> bytes:
    """The first unpacked bytes, cut at a line's end where there is one."""
    source = open_source(path)
    try:
        found = b"".join(iter(lambda: source.stream.read(65_536), b"")) if source.size < _SAMPLE else b""
        while len(found) < _SAMPLE and (block := source.stream.read(65_536)):
            found += block
    finally:
        source.close()
    cut = found[:_SAMPLE]
    return cut if len(found) <= _SAMPLE else cut[: cut.rfind(b"\n") + 1] or cut


def encoding_of(sample: bytes, path: Path) -> str:
    """The encoding of a text: by its BOM, else UTF-8 where it fits, else the Chinese one that reads best.

    Raises ``UsageError`` where none does.
    """
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if sample.startswith(mark):
            return name
    if sample.count(0) * 5 > len(sample):
        return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"
    if _reads_as_utf8(sample):
        return "utf-8"
    scores = {name: _familiar(sample, name) for name in ("gb18030", "big5hkscs")}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < 0.05:
        raise UsageError(f"{path}: encoding not recognized; say which: --encoding {' | '.join(ENCODINGS)}")
    return best


def _reads_as_utf8(sample: bytes) -> bool:
    """Whether all but a few stray bytes are UTF-8: single bad rows are rejected later, one by one.

    Chinese in another encoding makes far more wrong characters than right ones.
    """
    text = sample.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong <= 1 or wrong * 2 <= sum(c > "\x7f" for c in text) - wrong


def _familiar(sample: bytes, encoding: str) -> float:
    """Share of common characters among those beyond ASCII, less those that could not be read."""
    beyond = [c for c in sample.decode(encoding, "replace") if c > "\x7f" and c not in _COMMON_MARKS]
    if not beyond:
        return 0.0
    return (sum(c in _COMMON for c in beyond) - 3 * beyond.count("\ufffd")) / len(beyond)


@dataclass(frozen=True, slots=True)
class TooLong:
    """A row that was skipped for its size."""

    start: bytes

    def __len__(self) -> int:
        return len(self.start)


def lines_of(source: Source) -> Iterator[list[bytes | TooLong]]:
    """Lines without their ends, a block at a time; one longer than ``MAX_ROW`` comes as ``TooLong``."""
    rest = b""
    skipping: bytes | None = None
    while block := source.stream.read(BLOCK):
        lines: list[bytes | TooLong] = block.split(b"\n")  # type: ignore[assignment]  # some may become too long
        if skipping is not None:
            if len(lines) == 1:
                continue
            lines[0], skipping = TooLong(skipping), None
        else:
            whole = rest + block[: len(lines[0])]
            lines[0] = TooLong(whole[:_SHOWN]) if len(whole) > MAX_ROW and len(lines) > 1 else whole
        last = lines.pop()
        rest = last if isinstance(last, bytes) else b""
        if len(rest) > MAX_ROW:
            skipping, rest = rest[:_SHOWN], b""
        if lines:
            yield lines
    if skipping is not None:
        yield [TooLong(skipping)]
    elif rest:
        yield [rest]
