"""Columns of cells that tools write in more than one way: counts, addresses, authors, strings that stores can hold."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crawlers.importers.moments import all_match
from crawlers.importers.values import MOST, UNFILLED, Sizes, Values
from crawlers.text import clean, parse_count
from pipeline.records import Precision

_DIGITS = "^[0-9]{1,15}$"
NUMBERS = {int, type(None)}
_CELLS = {str, type(None)}
_SEVERAL = {list, type(None)}
_WEB = re.compile(r"https?://[^\s,;\"'\]\\]+")
_ADDRESS = r"^https?://[!#-&(-+\--:<-Z^-~]+$"  # no blanks, controls, quotes, commas, semicolons, brackets
_MOST_KEYS = 200_000
_ODD = 0x9E3779B97F4A7C1 | 1  # spreads row numbers over all bits


class Keys(dict[Any, str | None]):
    """Author ids of one platform to their keys, each hashed once; bounded."""

    def __init__(self, platform: str, author: Callable[[str, str], str]) -> None:
        super().__init__({nothing: None for nothing in UNFILLED})
        self._platform, self._author = platform, author

    def __missing__(self, name: Any) -> str | None:  # noqa: ANN401  what a file holds
        if len(self) > _MOST_KEYS:
            self.clear()
            self.update({nothing: None for nothing in UNFILLED})
        shown = str(name).strip()
        key = self[name] = self._author(self._platform, shown) if shown else None
        return key


class Shown(dict[Any, tuple[int | None, bool]]):
    """Displayed counts as numbers, each form read once; bounded."""

    def __missing__(self, shown: Any) -> tuple[int | None, bool]:  # noqa: ANN401  what a file holds
        if len(self) > _MOST_KEYS:
            self.clear()
        read = self[shown] = parse_count(shown)
        return read

    def column(self, values: Values) -> list[tuple[int | None, bool]]:
        """Each value as a number and whether it was rounded."""
        if set(map(type, values)) <= _CELLS:
            return list(map(self.__getitem__, values))
        return [parse_count(value) for value in values]


def plain_counts(values: Values) -> pa.Array | None:
    """Whole numbers that are counts as they stand; ``None`` where one has to be read."""
    kinds = set(map(type, values))
    try:
        if kinds <= NUMBERS:
            column = pa.array(values, pa.int64())
        elif kinds <= _CELLS and all_match(shown := pa.array(values, pa.string()), _DIGITS):
            column = pc.cast(shown, pa.int64())
        else:
            return None
    except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
        return None
    low_high = pc.min_max(column).as_py()
    fits = low_high["min"] is None or (low_high["min"] >= 0 and low_high["max"] < 2**53)
    return column if fits else None


def marks(rounded: list[bool] | None, count: int) -> pa.Array:
    """How exactly each row's counts are known."""
    if not rounded:
        return pa.repeat(pa.scalar(Precision.EXACT.value), count)
    marks = pa.array(rounded, pa.bool_())
    return pc.if_else(marks, pa.scalar(Precision.ROUNDED.value), pa.scalar(Precision.EXACT.value))


def plain_addresses(values: Values) -> pa.Array | None:
    """Cells or lists that hold nothing but plain addresses; ``None`` where one has to be read."""
    kinds = set(map(type, values))
    if kinds <= _CELLS:
        return listed_addresses([v for v in values if v], np.array([1 if v else 0 for v in values], np.int32))
    if kinds <= _SEVERAL:
        flat = list(chain.from_iterable(filter(None, values)))
        return listed_addresses(flat, np.array([len(v) if v else 0 for v in values], np.int32))
    return None


def listed_addresses(flat: Values, sizes: Sizes) -> pa.Array | None:
    """Addresses of all rows in a row, and how many each has, as lists; ``None`` where one has to be read."""
    try:
        column = pa.array(flat, pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return None
    plain = not len(column) or (not column.null_count and all_match(column, _ADDRESS))
    if not plain or sizes.max(initial=0) > MOST or _repeats(flat, sizes):
        return None
    return pa.ListArray.from_arrays(np.concatenate(([0], np.cumsum(sizes))).astype(np.int32), column)


def _repeats(flat: list[str], sizes: Sizes) -> bool:
    """Whether a row may name one address twice."""
    if sizes.max(initial=0) < 2:
        return False
    rows = np.repeat(np.arange(len(sizes)), sizes)
    keys = np.sort(np.fromiter(map(hash, flat), np.int64, len(flat)) ^ (rows * _ODD))
    return bool((keys[1:] == keys[:-1]).any())


def addresses(value: object) -> list[str]:
    """Web addresses in a cell or a list."""
    if not value:
        return []
    cells = value if isinstance(value, list) else [value]
    found = [url for cell in cells for url in _addresses_in(cell)]
    return [clean(url) for url in dict.fromkeys(found)][:MOST]


def _addresses_in(cell: object) -> list[str]:
    return [cell] if type(cell) is str and _WEB.fullmatch(cell) else _WEB.findall(str(cell))


def strings(values: list[str | None] | list[str]) -> pa.Array:
    """A string column; values that Arrow cannot hold are cleaned, and NUL is taken out."""
    try:
        column = pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([clean(v) if v is not None else None for v in values], pa.string())
    has_nul = pc.any(pc.match_substring(column, "\0")).as_py()
    return pc.replace_substring(column, "\0", "") if has_nul else column
