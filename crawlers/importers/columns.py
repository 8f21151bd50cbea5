"""Rows to the raw layer's columns, a batch at a time: whole columns where Arrow can, value by value where it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlers.importers.cells import (
    NUMBERS,
    Keys,
    Shown,
    addresses,
    listed_addresses,
    marks,
    plain_addresses,
    plain_counts,
    strings,
)
from crawlers.importers.formats.base import Format
from crawlers.importers.ids import SeenIds, as_ids, is_rounded, plain_ids, platform_of, without_name
from crawlers.importers.mapping import COUNTS, LISTS, REFERENCES, TEXTS, Mapping
from crawlers.importers.moments import whole_times
from crawlers.importers.rejects import shown_row
from crawlers.importers.rows import Batch, Problem
from crawlers.importers.values import UNFILLED, Reader, Values
from crawlers.items import zone_of
from crawlers.times import parse_time
from pipeline.errors import MappingError
from pipeline.records import Precision
from pipeline.schema import STRINGS, UTC_TIME
from pipeline.tables import OBSERVATIONS

_EMPTY_REFERENCES = pa.array(["", "0", "none", "null", "nan"])
_EMPTY_LENGTH = max(len(one) for one in _EMPTY_REFERENCES.to_pylist())
_UNFILLED_TEXTS = pa.array([one for one in UNFILLED if one is not None])
_NO_REFERENCE = (*UNFILLED, "0", 0)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every row of an import shares."""

    source: str
    crawl_id: str
    collector: str
    now: datetime
    author: Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class _Kept:
    """The usable rows of a batch: their reader, platforms and native ids."""

    reader: Reader
    ids: pa.Array
    platforms: list[str] | None
    """Per row where the file holds several; ``None`` where the mapping's holds for all."""


class Columns:
    """Turns batches of one file into tables of the raw layer and remembers which ids it saw."""

    def __init__(self, mapping: Mapping, stamp: Stamp, known: Format | None = None) -> None:
        self.mapping, self.stamp = mapping, stamp
        self.zone: tzinfo | None = zone_of(mapping.timezone)
        self.repeated = 0
        self.unread_times = 0
        self._known = known
        self._seen = SeenIds()
        self._keys: dict[str, Keys] = {}
        self._shown = Shown()

    def table(self, batch: Batch) -> tuple[pa.Table, list[Problem]]:
        """The batch as an ``OBSERVATIONS`` table and the rows that could not be used, repeats among them."""
        reader = self._reader(batch)
        texts, (ids, named) = self._texts(reader), self._ids(reader)
        bad = self._doubtful(ids, named, texts)
        why = {p: self._reason(batch, p, ids[p], texts[p]) for p in bad}
        bad = [p for p in bad if why[p]]
        problems = [self._problem(batch, p, why[p]) for p in bad]
        left_out = set(bad)
        keep = [p for p in range(len(ids)) if p not in left_out] if bad else list(range(len(ids)))
        keep, repeats = self._fresh(reader, ids, keep)
        problems += [self._problem(batch, p, "repeats the id of an earlier row") for p in repeats]
        if len(keep) < len(ids):
            reader = reader.kept(keep)
            texts = [texts[p] for p in keep]
            named = strings([ids[p] for p in keep])
        kept = _Kept(reader, strings(ids) if named is None else named, self._platforms(reader))
        return self._columns(kept, texts), problems

    def _doubtful(self, ids: list[str | None], named: pa.Array | None, texts: list[str | None]) -> list[int]:
        """Places of rows that may not be usable."""
        if named is not None and not named.null_count:
            return [p for p, text in enumerate(texts) if text is None] if None in texts else []
        return [p for p, (i, t) in enumerate(zip(ids, texts, strict=True)) if not i or t is None or "+" in i]

    def _reader(self, batch: Batch) -> Reader:
        reader = batch.reader()
        if self._known and self._known.fields:
            own = (
                self._known.mapping.columns
            )  # a person's own path for a field goes before the format's reading
            made = self._known.fields(reader, batch.whole)
            reader.made = {n: made[n] for n in made if self.mapping.columns.get(n) == own.get(n)}
        return reader

    def _problem(self, batch: Batch, place: int, reason: str) -> Problem:
        return Problem(batch.numbers[place], reason, shown_row(batch.whole(place)))

    def _reason(self, batch: Batch, place: int, identifier: str | None, text: str | None) -> str:
        """Why a row cannot be used; empty where it can."""
        if identifier and is_rounded(identifier):
            return f"id {identifier} was rounded by a spreadsheet: save the id column as text"
        if identifier and text is not None:
            return ""
        why = self._known.why if self._known else None
        known = why(batch.whole(place)) if why is not None else None
        return known or ("no text" if identifier else "no id")

    def _has(self, name: str) -> bool:
        return name in self.mapping.columns

    def _values(self, name: str, reader: Reader, unfilled: tuple[Any, ...] = UNFILLED) -> Values:
        if name in reader.made:
            return reader.made[name]
        paths = self.mapping.columns.get(name)
        return reader.filled(paths, unfilled) if paths else [None] * reader.count

    def _ids(self, reader: Reader) -> tuple[list[str | None], pa.Array | None]:
        """Native ids; and as a column where all are plain ones."""
        if not self._has("id"):
            return self._made_ids(reader), None
        shown = self._values("id", reader)
        named = plain_ids(shown)
        if named is not None and not (named.null_count and self.mapping.makes_ids):
            return shown, named
        found = as_ids(shown)
        if None in found and self.mapping.makes_ids:
            made = self._made_ids(reader)
            found = [one or other for one, other in zip(found, made, strict=True)]
        return found, None

    def _made_ids(self, reader: Reader) -> list[str | None]:
        """Ids from what the rows say, where the file has none: equal rows get equal ids."""
        import hashlib

        names = [name for name in self.mapping.id_from if self._has(name)]
        parts = zip(*(self._values(name, reader) for name in names), strict=True)
        keys = ("\0".join(str(part) for part in row).encode("utf-8", "replace") for row in parts)
        return ["row-" + hashlib.blake2b(key, digest_size=12).hexdigest() for key in keys]

    def _texts(self, reader: Reader) -> list[str | None]:
        """Text, else title; a row that only passes on another post may have none."""
        found = self._values("text", reader)
        if "$undefined" in found:
            found = [None if v == "$undefined" else v for v in found]
        if set(map(type, found)) != {str}:
            found = [v if v is None or type(v) is str else str(v) for v in found]
        if self._has("title") and not all(found):
            titles = self._values("title", reader)
            found = [t or (str(title) if title else t) for t, title in zip(found, titles, strict=True)]
        if self._has("repost_of") and not all(found):
            origins = self._values("repost_of", reader)
            return [t if t or not origin else "" for t, origin in zip(found, origins, strict=True)]
        return found if all(found) else [t or None for t in found]

    def _fresh(self, reader: Reader, ids: list[str | None], keep: list[int]) -> tuple[list[int], list[int]]:
        """Places of ids not seen before, and of those seen."""
        if self._has("platform"):
            platforms = self._platforms(reader) or []
            hashes = np.fromiter((hash((platforms[p], ids[p])) for p in keep), np.int64, len(keep))
        else:
            named = ids if len(keep) == len(ids) else [ids[p] for p in keep]
            hashes = np.fromiter(map(hash, named), dtype=np.int64, count=len(keep))
        new = self._seen.add(hashes)
        if new.all():
            return keep, []
        repeats = [place for place, fresh in zip(keep, new.tolist(), strict=True) if not fresh]
        self.repeated += len(repeats)
        return [place for place, fresh in zip(keep, new.tolist(), strict=True) if fresh], repeats

    def _platforms(self, reader: Reader) -> list[str] | None:
        if not self._has("platform"):
            return None
        found = self._values("platform", reader)
        return [platform_of(value) or self.mapping.platform for value in found]

    def _columns(self, kept: _Kept, texts: list[str | None]) -> pa.Table:
        count, stamp, reader = len(kept.ids), self.stamp, kept.reader
        times, precisions = self._times("published_at", reader)
        made: dict[str, Any] = {
            "post_id": self._named(kept.ids, kept),
            "source": pa.repeat(pa.scalar(stamp.source), count),
            "platform": self._platform_column(kept),
            "text": strings(texts),
            "collected_at": self._collected(reader),
            "crawl_id": pa.repeat(pa.scalar(stamp.crawl_id), count),
            "collector": pa.repeat(pa.scalar(stamp.collector), count),
            "author_key": self._authors(kept),
            "published_at": times,
            "published_precision": precisions,
        }
        made |= {name: self._optional(name, reader) for name in TEXTS}
        if self.mapping.url and not self._has("url"):
            before, _, after = self.mapping.url.partition("{id}")
            made["url"] = pc.binary_join_element_wise(before, kept.ids, after, "")
        made |= {name: self._reference(name, kept) for name in REFERENCES}
        made |= {name: self._addresses(name, reader) for name in LISTS}
        made |= self._counts(reader)
        return pa.table({name: made[name] for name in OBSERVATIONS.schema.names}, schema=OBSERVATIONS.schema)

    def _platform_column(self, kept: _Kept) -> pa.Array:
        if kept.platforms is not None:
            return pa.array(kept.platforms, pa.string())
        return pa.repeat(pa.scalar(self.mapping.platform), len(kept.ids))

    def _optional(self, name: str, reader: Reader) -> pa.Array:
        if not self._has(name):
            return pa.nulls(reader.count, pa.string())
        found = self._values(name, reader)
        if name != "url" and set(map(type, found)) <= {str, type(None)}:
            column = strings(found)
            return pc.if_else(pc.is_in(column, value_set=_UNFILLED_TEXTS), None, column)
        shown = [None if v in UNFILLED else str(v) for v in found]
        return strings([without_name(v) if v else v for v in shown] if name == "url" else shown)

    def _addresses(self, name: str, reader: Reader) -> pa.Array:
        count = reader.count
        lists = (
            reader.lists(self.mapping.columns[name]) if self._has(name) and name not in reader.made else None
        )
        if lists is not None and (plain := listed_addresses(*lists)) is not None:
            return plain
        found = self._values(name, reader) if self._has(name) else []
        if not any(found):
            return listed_addresses([], np.zeros(count, np.int32))
        plain = plain_addresses(found)
        return pa.array([addresses(v) for v in found], STRINGS) if plain is None else plain

    def _named(self, ids: pa.Array, kept: _Kept) -> pa.Array:
        """Native ids as post ids."""
        if kept.platforms is None:
            return pc.binary_join_element_wise(f"{self.mapping.platform}:", ids, "")
        return pc.binary_join_element_wise(self._platform_column(kept), ids, ":")

    def _authors(self, kept: _Kept) -> pa.Array:
        """Keyed hashes; the handle ends here."""
        if not self._has("author"):
            return pa.nulls(len(kept.ids), pa.string())
        found = self._values("author", kept.reader)
        try:
            if kept.platforms is None:
                return pa.array(map(self._keys_of(self.mapping.platform).__getitem__, found), pa.string())
            pairs = zip(kept.platforms, found, strict=True)
            return pa.array([self._keys_of(platform)[name] for platform, name in pairs], pa.string())
        except TypeError:  # a list or an object where a name was expected
            return pa.array([None] * len(found), pa.string())

    def _keys_of(self, platform: str) -> Keys:
        known = self._keys.get(platform)
        if known is None:
            known = self._keys[platform] = Keys(platform, self.stamp.author)
        return known

    def _collected(self, reader: Reader) -> pa.Array:
        now = pa.repeat(pa.scalar(self.stamp.now, type=UTC_TIME), reader.count)
        return pc.coalesce(self._times("collected_at", reader)[0], now) if self._has("collected_at") else now

    def _times(self, name: str, reader: Reader) -> tuple[pa.Array, pa.Array]:
        found = self._values(name, reader)
        if not set(map(type, found)) <= NUMBERS:
            found = [None if v in UNFILLED else v for v in found]
        whole = whole_times(found, self.zone)
        if whole is not None:
            times, precision = whole
            self.unread_times += times.null_count - found.count(None)
            known, unknown = pa.scalar(precision.value), pa.scalar(Precision.UNKNOWN.value)
            return times, pc.if_else(times.is_valid(), known, unknown)
        read = [parse_time(value, self.stamp.now, self.zone) for value in found]
        for value, (moment, _) in zip(found, read, strict=True):
            if moment is None and value is not None:
                self._unread(name, value)
        return pa.array([at for at, _ in read], UTC_TIME), pa.array([p.value for _, p in read], pa.string())

    def _unread(self, name: str, value: object) -> None:
        """Count a time that stays unknown; stop where only a time zone is missing."""
        if self.zone is None and parse_time(value, self.stamp.now, UTC)[0] is not None:
            raise MappingError(
                f"{name}: {value!r} names no time zone; add, for example: --timezone Asia/Shanghai"
            )
        self.unread_times += 1

    def _reference(self, name: str, kept: _Kept) -> pa.Array:
        """Post ids of other posts; blanks, zeros and their like mean none."""
        if not self._has(name):
            return pa.nulls(len(kept.ids), pa.string())
        found = self._values(name, kept.reader, _NO_REFERENCE)
        if found.count(None) == len(found):
            return pa.nulls(len(found), pa.string())
        column = plain_ids(found)
        if column is None:
            column = pc.utf8_trim_whitespace(strings(as_ids(found)))
        if (pc.min(pc.binary_length(column)).as_py() or 0) > _EMPTY_LENGTH:
            return self._named(column, kept)
        empty = pc.is_in(pc.utf8_lower(column), value_set=_EMPTY_REFERENCES)
        return self._named(pc.if_else(empty, None, column), kept)

    def _counts(self, reader: Reader) -> dict[str, pa.Array]:
        made: dict[str, pa.Array] = {}
        rounded: list[bool] | None = None
        for name in COUNTS:
            if not self._has(name):
                made[name] = pa.nulls(reader.count, pa.int64())
                continue
            found = self._values(name, reader)
            made[name] = plain_counts(found)
            if made[name] is None:
                read = self._shown.column(found)
                made[name] = pa.array([number for number, _ in read], pa.int64())
                before = rounded or [False] * len(read)
                rounded = [was or now for was, (_, now) in zip(before, read, strict=True)]
        return {**made, "counts_precision": marks(rounded, reader.count)}
