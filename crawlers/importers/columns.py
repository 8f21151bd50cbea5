"""Rows to the raw layer's columns, a batch at a time: whole columns where Arrow can, value by value where it cannot."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crawlers.importers.mapping import COUNTS, LISTS, REFERENCES, TEXTS, Mapping
from crawlers.importers.rows import Batch, Problem, Row
from crawlers.items import zone_of
from crawlers.text import clean, parse_count
from crawlers.times import parse_time
from pipeline.errors import MappingError
from pipeline.records import Precision
from pipeline.tables import OBSERVATIONS, UTC_TIME

_ROUNDED_ID = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_EMPTY_REFERENCES = pa.array(["", "0", "none", "null", "nan"])
_WEB = re.compile(r"https?://[^\s,;\"'\]]+")
Values = list[Any]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every row of an import shares."""

    source: str
    crawl_id: str
    collector: str
    now: datetime
    author: Callable[[str, str], str]


def _getter(paths: tuple[str, ...]) -> Callable[[list[Row]], Values]:
    """Reads a column: of several paths the first filled one; dots reach into nested objects."""
    readers = [_nested_getter(path) if "." in path else _plain_getter(path) for path in paths]
    if len(readers) == 1:
        return readers[0]

    def read(rows: list[Row]) -> Values:
        values = readers[0](rows)
        for other in readers[1:]:
            places = [place for place, value in enumerate(values) if value in _UNFILLED]
            if not places:
                break
            for place, value in zip(places, other([rows[place] for place in places]), strict=True):
                values[place] = value
        return values

    return read


_UNFILLED: tuple[Any, ...] = (None, "", "$undefined")
_NO_OBJECT: dict[str, Any] = {}


def _nested_getter(path: str) -> Callable[[list[Row]], Values]:
    *outer, last = path.split(".")

    def read(rows: list[Row]) -> Values:
        if rows and path in rows[0]:
            return [row.get(path) for row in rows]  # a plain column whose name has a dot
        try:
            level = rows
            for step in outer:
                level = [row.get(step) or _NO_OBJECT for row in level]
            return [row.get(last) for row in level]
        except AttributeError:  # something that is no object where one was expected
            return [_reach(row, [*outer, last]) for row in rows]

    return read


def _plain_getter(name: str) -> Callable[[list[Row]], Values]:
    pick = itemgetter(name)

    def read(rows: list[Row]) -> Values:
        try:
            return list(map(pick, rows))
        except KeyError:
            return [row.get(name) for row in rows]

    return read


def _reach(value: Any, steps: list[str]) -> Any:  # noqa: ANN401  JSON
    for step in steps:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


class Columns:
    """Turns batches of one file into tables of the raw layer and remembers which ids it saw."""

    def __init__(self, mapping: Mapping, stamp: Stamp) -> None:
        self.mapping, self.stamp = mapping, stamp
        self.zone: tzinfo | None = zone_of(mapping.timezone)
        self._get = {name: _getter(paths) for name, paths in mapping.columns.items()}
        self._seen = SeenIds()
        self.repeated = 0
        self.unread_times = 0

    def table(self, batch: Batch) -> tuple[pa.Table, list[Problem]]:
        """The batch as an ``OBSERVATIONS`` table and the rows that could not be used, repeats among them."""
        ids = self._ids(batch.rows)
        texts = self._texts(batch.rows)
        problems: list[Problem] = []
        keep: list[int] = []
        for place, (identifier, text) in enumerate(zip(ids, texts, strict=True)):
            reason = _unusable(identifier, text)
            if reason is None:
                keep.append(place)
            else:
                problems.append(Problem(batch.numbers[place], reason, repr(batch.rows[place])))
        keep, repeats = self._fresh(ids, keep)
        problems += [
            Problem(batch.numbers[p], "repeats the id of an earlier row", repr(batch.rows[p]))
            for p in repeats
        ]
        rows = [batch.rows[place] for place in keep]
        return self._columns(rows, [ids[p] for p in keep], [texts[p] or "" for p in keep]), problems

    def _values(self, name: str, rows: list[Row]) -> Values:
        get = self._get.get(name)
        return get(rows) if get is not None else [None] * len(rows)

    def _ids(self, rows: list[Row]) -> list[str | None]:
        if "id" not in self._get:
            return self._made_ids(rows)
        found = self._values("id", rows)
        return [v if type(v) is str and v else _as_id(v) for v in found]

    def _made_ids(self, rows: list[Row]) -> list[str | None]:
        """Ids from what the rows say, where the file has none: equal rows get equal ids."""
        parts = zip(
            *(self._values(name, rows) for name in self.mapping.id_from if name in self._get), strict=True
        )
        keys = ("\0".join(str(part) for part in row).encode("utf-8", "replace") for row in parts)
        return ["row-" + hashlib.blake2b(key, digest_size=12).hexdigest() for key in keys]

    def _texts(self, rows: list[Row]) -> list[str | None]:
        """Text, else title; a row that only passes on another post may have none."""
        found = [v if v is None or type(v) is str else str(v) for v in self._values("text", rows)]
        if "title" in self._get:
            titles = self._values("title", rows)
            found = [
                text or (str(title) if title else text) for text, title in zip(found, titles, strict=True)
            ]
        if "repost_of" in self._get:
            origins = self._values("repost_of", rows)
            return [text if text or not origin else "" for text, origin in zip(found, origins, strict=True)]
        return [text or None for text in found]

    def _fresh(self, ids: list[str | None], keep: list[int]) -> tuple[list[int], list[int]]:
        """Places of ids not seen before, and of those seen."""
        hashes = np.fromiter((hash(ids[place]) for place in keep), dtype=np.int64, count=len(keep))
        new = self._seen.add(hashes).tolist()
        repeats = [place for place, fresh in zip(keep, new, strict=True) if not fresh]
        self.repeated += len(repeats)
        return [place for place, fresh in zip(keep, new, strict=True) if fresh] if repeats else keep, repeats

    def _columns(self, rows: list[Row], ids: list[str | None], texts: list[str]) -> pa.Table:
        count = len(rows)
        stamp, platform = self.stamp, self.mapping.platform
        times, precisions = self._times("published_at", rows)
        made: dict[str, Any] = {
            "post_id": self._named(ids),
            "source": pa.repeat(pa.scalar(stamp.source), count),
            "platform": pa.repeat(pa.scalar(platform), count),
            "text": strings(texts),
            "collected_at": self._collected(rows),
            "crawl_id": pa.repeat(pa.scalar(stamp.crawl_id), count),
            "collector": pa.repeat(pa.scalar(stamp.collector), count),
            "author_key": self._authors(rows),
            "published_at": times,
            "published_precision": precisions,
        }
        made |= {name: self._optional(name, rows) for name in TEXTS}
        made |= {name: self._reference(name, rows) for name in REFERENCES}
        made |= {name: self._addresses(name, rows) for name in LISTS}
        made |= self._counts(rows)
        return pa.table({name: made[name] for name in OBSERVATIONS.schema.names}, schema=OBSERVATIONS.schema)

    def _optional(self, name: str, rows: list[Row]) -> pa.Array:
        if name not in self._get:
            return pa.nulls(len(rows), pa.string())
        return strings([None if v in (None, "") else str(v) for v in self._values(name, rows)])

    def _addresses(self, name: str, rows: list[Row]) -> pa.Array:
        found = [_addresses(v) for v in self._values(name, rows)] if name in self._get else [[]] * len(rows)
        return pa.array(found, pa.list_(pa.string()))

    def _named(self, ids: list[str | None] | list[str]) -> pa.Array:
        """Native ids as post ids."""
        return pc.binary_join_element_wise(f"{self.mapping.platform}:", strings(ids), "")

    def _authors(self, rows: list[Row]) -> pa.Array:
        """Keyed hashes; the handle ends here."""
        author, platform = self.stamp.author, self.mapping.platform
        found = self._values("author", rows)
        return pa.array(
            [author(platform, str(v)) if v not in (None, "") else None for v in found], pa.string()
        )

    def _collected(self, rows: list[Row]) -> pa.Array:
        now = pa.repeat(pa.scalar(self.stamp.now, type=UTC_TIME), len(rows))
        if "collected_at" not in self._get:
            return now
        return pc.coalesce(self._times("collected_at", rows)[0], now)

    def _times(self, name: str, rows: list[Row]) -> tuple[pa.Array, pa.Array]:
        found = self._values(name, rows)
        times = whole_times(found, self.zone)
        if times is not None:
            self.unread_times += times.null_count - found.count(None)
            exact, unknown = pa.scalar(Precision.EXACT.value), pa.scalar(Precision.UNKNOWN.value)
            return times, pc.if_else(times.is_valid(), exact, unknown)
        read = [parse_time(value, self.stamp.now, self.zone) for value in found]
        for value, (moment, _) in zip(found, read, strict=True):
            if moment is None and value not in (None, ""):
                self._unread(name, value)
        return pa.array([at for at, _ in read], UTC_TIME), pa.array([p.value for _, p in read], pa.string())

    def _unread(self, name: str, value: object) -> None:
        """Count a time that stays unknown; stop where only a time zone is missing."""
        from datetime import UTC

        if self.zone is None and parse_time(value, self.stamp.now, UTC)[0] is not None:
            raise MappingError(
                f"{name}: {value!r} names no time zone; add, for example: --timezone Asia/Shanghai"
            )
        self.unread_times += 1

    def _reference(self, name: str, rows: list[Row]) -> pa.Array:
        """Post ids of other posts; blanks, zeros and their like mean none."""
        if name not in self._get:
            return pa.nulls(len(rows), pa.string())
        found = self._values(name, rows)
        column = strings([v if v is None or type(v) is str else _as_id(v) for v in found])
        empty = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(column)), value_set=_EMPTY_REFERENCES)
        return self._named(pc.if_else(empty, None, column).to_pylist())

    def _counts(self, rows: list[Row]) -> dict[str, pa.Array]:
        rounded = [False] * len(rows)
        made: dict[str, pa.Array] = {}
        for name in COUNTS:
            found = self._values(name, rows)
            if name not in self._get or all(type(v) is int and 0 <= v < 2**53 for v in found):
                made[name] = pa.array(found, pa.int64())
                continue
            read = [parse_count(value) for value in found]
            made[name] = pa.array([number for number, _ in read], pa.int64())
            rounded = [was or now for was, (_, now) in zip(rounded, read, strict=True)]
        values = [(Precision.ROUNDED if one else Precision.EXACT).value for one in rounded]
        return {**made, "counts_precision": pa.array(values, pa.string())}


def _unusable(identifier: str | None, text: str | None) -> str | None:
    if not identifier:
        return "no id"
    if "+" in identifier and _ROUNDED_ID.fullmatch(identifier):
        return f"id {identifier} was rounded by a spreadsheet: save the id column as text"
    return "no text" if text is None else None


def _as_id(value: object) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else None
    return str(value) or None


def _addresses(value: object) -> list[str]:
    """Web addresses in a cell or a list."""
    if not value:
        return []
    shown = " ".join(str(one) for one in value) if isinstance(value, list) else str(value)
    return [clean(url) for url in _WEB.findall(shown)[:50]]


def strings(values: list[str | None] | list[str]) -> pa.Array:
    """A string column; values that Arrow cannot hold are cleaned, and NUL is taken out."""
    try:
        column = pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([clean(v) if v is not None else None for v in values], pa.string())
    return (
        pc.replace_substring(column, "\0", "") if pc.any(pc.match_substring(column, "\0")).as_py() else column
    )


class SeenIds:
    """Which ids a file has shown, as 64-bit hashes in sorted runs: eight bytes an id, so a million cost little."""

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.int64]] = []

    def add(self, hashes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Take in a batch; true where an id shows for the first time."""
        ordered, first = np.unique(hashes, return_index=True)
        known = np.zeros(len(ordered), dtype=bool)
        for run in self._runs:
            spots = np.minimum(np.searchsorted(run, ordered), len(run) - 1)
            known |= run[spots] == ordered
        new = np.zeros(len(hashes), dtype=bool)
        new[first[~known]] = True
        self._keep(ordered[~known])
        return new

    def _keep(self, run: npt.NDArray[np.int64]) -> None:
        """Add a run; runs of like size are merged, so there are few."""
        while self._runs and len(self._runs[-1]) < 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        if len(run):
            self._runs.append(run)


_ISO_OFFSET = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$"
_ISO_PLAIN = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}$"


def whole_times(values: Values, zone: tzinfo | None) -> pa.Array | None:
    """A whole column of ISO 8601 times or epoch numbers at once; ``None`` where any value is something else."""
    if all(type(v) is int or v is None for v in values):
        return _epochs(values)
    try:
        column = pa.array(values, pa.string())
        if _all_match(column, _ISO_OFFSET):
            return pc.cast(column, UTC_TIME)
        if zone is not None and _all_match(column, _ISO_PLAIN):
            naive = pc.cast(column, pa.timestamp("us"))
            local = pc.assume_timezone(naive, str(zone), ambiguous="earliest", nonexistent="earliest")
            return pc.cast(local, UTC_TIME)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return None
    return None


_FIRST, _LAST = 631_152_000, 4_133_980_800  # 1990 to 2100, in seconds


def _epochs(values: Values) -> pa.Array:
    """Seconds or milliseconds since 1970, told apart by their size; others are unknown."""
    small = [v if v is not None and abs(v) < 2**53 else None for v in values]
    column = pa.array(small, pa.int64())
    is_seconds = pc.and_(pc.greater_equal(column, _FIRST), pc.less(column, _LAST))
    is_millis = pc.and_(pc.greater_equal(column, _FIRST * 1000), pc.less(column, _LAST * 1000))
    kept = pc.if_else(pc.or_(is_seconds, is_millis), column, None)
    micros = pc.multiply(kept, pc.if_else(is_seconds, 1_000_000, 1_000))
    return pc.cast(micros, UTC_TIME)


def _all_match(column: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(column, pattern), skip_nulls=True).as_py())
