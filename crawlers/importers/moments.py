"""Whole columns of times, in the forms that exports write; ``None`` where single values must be looked at."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.records import Precision
from pipeline.schema import UTC_TIME

Times = tuple[pa.Array, Precision]
_ISO_OFFSET = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$"
_ISO_PLAIN = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}$"
_ISO_MINUTE = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}$"
_DIGITS = r"^(\d{10}|\d{13})$"
_TWITTER = "??? ??? 00 00:00:00 +**** 0000"
_TWITTER_DIGITS = [place for place, sign in enumerate(_TWITTER) if sign == "0"]
_TWITTER_MARKS = [place for place, sign in enumerate(_TWITTER) if sign in " :+*"]
_TWITTER_SIGNS = np.array([ord(_TWITTER[place].replace("*", "0")) for place in _TWITTER_MARKS])
_BASE = np.array([1 << 16, 1 << 8, 1])
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_MONTH_NUMBERS = np.array(sorted(range(12), key=_MONTHS.__getitem__))
_MONTH_NAMES = np.array([int.from_bytes(name.encode()) for name in sorted(_MONTHS)])
_FIRST, _LAST = 631_152_000, 4_133_980_800  # 1990 to 2100, in seconds


def whole_times(values: list[Any], zone: tzinfo | None) -> Times | None:
    """A column of ISO 8601 times, epoch numbers or Twitter's form at once, with how exactly they are known."""
    if set(map(type, values)) <= {int, type(None)}:
        return _epochs(values), Precision.EXACT
    try:
        column = pa.array(values, pa.string())
        return _strings(column, zone)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return None


def _strings(column: pa.Array, zone: tzinfo | None) -> Times | None:
    if (times := _twitter_times(column)) is not None:
        return times, Precision.EXACT
    if all_match(column, _ISO_OFFSET):
        return pc.cast(column, UTC_TIME), Precision.EXACT
    if all_match(column, _DIGITS):
        return _epochs(pc.cast(column, pa.int64()).to_pylist()), Precision.EXACT
    if zone is not None and all_match(column, _ISO_PLAIN):
        return _local(column, zone), Precision.EXACT
    if zone is not None and all_match(column, _ISO_MINUTE):
        return _local(pc.binary_join_element_wise(column, "00", ":"), zone), Precision.MINUTE
    return None


def _twitter_times(column: pa.Array) -> pa.Array | None:
    """``Fri Mar 13 05:46:00 +0000 2026`` read place by place; ``None`` where one is not written so, or is no date."""
    known = column.drop_null()
    ends = np.frombuffer(known.buffers()[1], np.int32)[known.offset : known.offset + len(known) + 1]
    if not len(known) or (np.diff(ends) != len(_TWITTER)).any():
        return None
    signs = np.frombuffer(known.buffers()[2], np.uint8)[ends[0] : ends[-1]].reshape(-1, len(_TWITTER))
    digits = signs[:, _TWITTER_DIGITS].astype(np.int64) - ord("0")
    name = signs[:, 4:7] @ _BASE
    month = np.searchsorted(_MONTH_NAMES, name).clip(0, 11)
    fits = (signs[:, _TWITTER_MARKS] == _TWITTER_SIGNS).all() and ((digits >= 0) & (digits <= 9)).all()
    if not fits or (_MONTH_NAMES[month] != name).any():
        return None
    day, hour, minute, second = (digits[:, place] * 10 + digits[:, place + 1] for place in (0, 2, 4, 6))
    year = digits[:, 8:12] @ np.array([1000, 100, 10, 1])
    months = (year * 12 + _MONTH_NUMBERS[month] - 1970 * 12).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    if (days.astype("datetime64[M]") != months).any() or (hour > 23).any() or (digits[:, [4, 6]] > 5).any():
        return None
    moments = np.zeros(len(column), np.int64)
    is_known = column.is_valid().to_numpy(zero_copy_only=False)
    moments[is_known] = (days.astype(np.int64) * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000
    return pc.cast(pa.array(moments, mask=~is_known), UTC_TIME)


def _local(column: pa.Array, zone: tzinfo) -> pa.Array:
    """Times on a wall clock; an hour that a change of clocks skips or repeats counts as the earlier one."""
    naive = pc.cast(column, pa.timestamp("us"))
    local = pc.assume_timezone(naive, str(zone), ambiguous="earliest", nonexistent="earliest")
    return pc.cast(local, UTC_TIME)


def _epochs(values: list[int | None]) -> pa.Array:
    """Seconds or milliseconds since 1970, told apart by their size; others are unknown."""
    try:
        column = pa.array(values, pa.int64())
    except (pa.ArrowInvalid, OverflowError):
        column = pa.array([v if v is not None and abs(v) < 2**53 else None for v in values], pa.int64())
    is_seconds = pc.and_(pc.greater_equal(column, _FIRST), pc.less(column, _LAST))
    is_millis = pc.and_(pc.greater_equal(column, _FIRST * 1000), pc.less(column, _LAST * 1000))
    kept = pc.if_else(pc.or_(is_seconds, is_millis), column, None)
    micros = pc.multiply(kept, pc.if_else(is_seconds, 1_000_000, 1_000))
    return pc.cast(micros, UTC_TIME)


def all_match(column: pa.Array, pattern: str) -> bool:
    """Whether a column of strings holds some, and all of them fit."""
    found = pc.all(pc.match_substring_regex(column, pattern), skip_nulls=True).as_py()
    return bool(found) and column.null_count < len(column)
