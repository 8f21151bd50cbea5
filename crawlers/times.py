"""Times as sites show them, to aware UTC moments with a mark of how exactly they are known."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime

from pipeline.records import Precision

CHINA = timezone(timedelta(hours=8))
Known = tuple[datetime | None, Precision]
UNKNOWN: Known = (None, Precision.UNKNOWN)
_FIRST_YEAR = 1990

_DATE = re.compile(
    r"(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT]*(上午|下午|AM|PM|am|pm)?\s*(\d{1,2})[::时時點点](\d{1,2})?(?:[::分](\d{1,2}))?(?:\.\d+)?[分秒]?"
    r"\s*(AM|PM|am|pm)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_AGO = re.compile(
    r"(半|\d{1,4})\s*(?:个|個)?\s*(秒鐘?|秒钟|second|sec|分钟|分鐘|minute|min|小时|小時|鐘頭|hour|天|日|day|周|週|week|月|month)s?"
    r"\s*(?:之?前|ago)"
)
_WORD_DAY = re.compile(
    r"(今天|今日|昨天|昨日|前天|前日|today|yesterday)\s*(?:at)?\s*(?:(\d{1,2}):(\d{2}))?", re.IGNORECASE
)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
"""What every API writes; the other forms cost five times as much to tell apart."""
_NOW = re.compile(r"刚刚|剛剛|刚才|剛才|just now|now", re.IGNORECASE)
_DAYS = {"今": 0, "昨": 1, "前": 2, "t": 0, "y": 1}
_WEIBO = "%a %b %d %H:%M:%S %z %Y"


def parse_time(shown: object, now: datetime, zone: tzinfo | None = None) -> Known:
    """Read a displayed time; ``now`` anchors relative words, ``zone`` is that of times without one.

    Reads ISO 8601, RFC 822, Weibo's form, epoch seconds or milliseconds, ``3分钟前``, ``昨天 12:30``, ``3月5日``.
    A time without zone is unknown when ``zone`` is ``None``. Never raises.
    """
    if not isinstance(shown, str):
        return _valued(shown, zone)
    if not shown or len(shown) > 80:
        return UNKNOWN
    if _STAMP.fullmatch(shown):
        return _stamped(shown)
    text = unicodedata.normalize("NFKC", shown).strip()
    if len(text) in {10, 13} and text.isascii() and text.isdigit():
        return _epoch(float(text))
    return _exact(text, zone) or _relative(text, now, zone) or _dated(text, now, zone) or UNKNOWN


def _valued(shown: object, zone: tzinfo | None) -> Known:
    """A number of seconds or a moment; anything else is unknown."""
    if isinstance(shown, datetime):
        return _placed(shown, zone, Precision.EXACT)
    is_number = isinstance(shown, int | float) and not isinstance(shown, bool)
    return _epoch(float(shown)) if is_number else UNKNOWN  # type: ignore[arg-type]  # told apart a line above


def _stamped(shown: str) -> Known:
    """A whole moment with its zone, unknown where there is no such day or hour."""
    try:
        return _placed(datetime.fromisoformat(shown), None, Precision.EXACT)
    except ValueError:
        return UNKNOWN


def _placed(moment: datetime, zone: tzinfo | None, precision: Precision) -> Known:
    """Into UTC, or unknown where the zone is."""
    if moment.tzinfo is None:
        if zone is None:
            return UNKNOWN
        moment = moment.replace(tzinfo=zone)
    if moment.tzinfo is not UTC:
        try:
            moment = moment.astimezone(UTC)
        except (OverflowError, ValueError):
            return UNKNOWN
    return (moment, precision) if _FIRST_YEAR <= moment.year <= 2100 else UNKNOWN


def _epoch(number: float) -> Known:
    """Seconds or milliseconds since 1970, told apart by their size."""
    if not 6e8 <= number < 5e12:
        return UNKNOWN
    seconds = number / 1000 if number > 1e11 else number
    return _placed(datetime.fromtimestamp(seconds, UTC), None, Precision.EXACT)


def _exact(text: str, zone: tzinfo | None) -> Known | None:
    """ISO 8601 with a clock, RFC 822 and Weibo's own form."""
    if len(text) >= 16 and text[:4].isdigit():
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        has_seconds = text.count(":") - (text[-6:-5] in "+-" and text[-3] == ":") >= 2
        return _placed(moment, zone, Precision.EXACT if has_seconds else Precision.MINUTE)
    if not text[:3].isalpha() and "," not in text and not re.match(r"\d{1,2} [A-Z]", text):
        return None
    try:
        return _placed(datetime.strptime(text, _WEIBO), zone, Precision.EXACT)  # noqa: DTZ007  the form has %z
    except ValueError:
        pass
    try:
        return _placed(parsedate_to_datetime(text), zone, Precision.EXACT)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _relative(text: str, now: datetime, zone: tzinfo | None) -> Known | None:
    if _NOW.fullmatch(text):
        return now, Precision.MINUTE
    if found := _AGO.fullmatch(text):
        return _ago(found, now)
    if found := _WORD_DAY.fullmatch(text):
        local = now.astimezone(zone or UTC)
        day = local.date() - timedelta(days=_DAYS[found[1][0].lower()])
        clock = _clock(int(found[2]), int(found[3]), 0) if found[2] else time()
        if clock is None or zone is None:
            return UNKNOWN
        precision = Precision.MINUTE if found[2] else Precision.DAY
        return _placed(datetime.combine(day, clock), zone, precision)
    return None


def _ago(found: re.Match[str], now: datetime) -> Known:
    amount = 0.5 if found[1] == "半" else float(found[1])
    unit = found[2]
    if unit.startswith(("秒", "sec")):
        return _before(now, timedelta(seconds=amount), Precision.MINUTE)
    if unit.startswith(("分", "min")):
        return _before(now, timedelta(minutes=amount), Precision.MINUTE)
    if unit.startswith(("小", "鐘", "hour")):
        return _before(now, timedelta(hours=amount), Precision.HOUR)
    days = 7 if unit.startswith(("周", "週", "week")) else 30 if unit.startswith(("月", "month")) else 1
    return _before(now, timedelta(days=amount * days), Precision.DAY if days == 1 else Precision.UNKNOWN)


def _before(now: datetime, span: timedelta, precision: Precision) -> Known:
    """A moment that long ago; unknown where nobody wrote posts yet."""
    try:
        return _placed(now - span, None, precision)
    except OverflowError:
        return UNKNOWN


def _dated(text: str, now: datetime, zone: tzinfo | None) -> Known | None:
    """``2026-3-13 05:46``, ``2026年3月13日``, ``3月13日 下午2:05``; a missing year is the latest that is not ahead."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day, early_half, hour, minute, second, late_half, offset = found.groups()
    given = _offset(offset) or zone
    if given is None:
        return UNKNOWN
    clock = _clock(int(hour), int(minute or 0), int(second or 0), early_half or late_half) if hour else time()
    if clock is None:
        return UNKNOWN
    precision = Precision.DAY if not hour else Precision.EXACT if second else Precision.MINUTE
    try:
        moment = datetime(int(year or now.year), int(month), int(day), tzinfo=given)
        moment = datetime.combine(moment.date(), clock, given)
        if year is None and moment > now + timedelta(days=1):
            moment = moment.replace(year=moment.year - 1)
    except ValueError:
        return UNKNOWN
    return _placed(moment, given, precision)


def _clock(hour: int, minute: int, second: int, half: str | None = None) -> time | None:
    if half in {"下午", "PM", "pm"} and hour < 12:
        hour += 12
    elif half in {"上午", "AM", "am"} and hour == 12:
        hour = 0
    return time(hour, minute, second) if hour < 24 and minute < 60 and second < 60 else None


def _offset(shown: str | None) -> tzinfo | None:
    """``+08:00``, ``Z``; ``None`` where nothing is given."""
    if not shown:
        return None
    if shown in {"Z", "UTC", "GMT"}:
        return UTC
    hours, minutes = int(shown[1:3]), int(shown[-2:])
    return (
        timezone((1 if shown[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
        if hours < 15
        else None
    )
