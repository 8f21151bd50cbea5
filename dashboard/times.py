"""Times as people read them: an age, and the clock in the reader's own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dashboard.words import Words

LIVE = timedelta(hours=6)
"""Data older than this is history: ages then count from its last moment, not from today."""

_STEPS = ((60, 3600, "minute"), (3600, 86_400, "hour"), (86_400, 86_400 * 60, "day"))


def zone_named(name: str | None) -> tzinfo:
    """The browser's time zone, UTC when it tells none that is known."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


@dataclass(frozen=True, slots=True)
class Clock:
    """Says times in one language and zone; ``reference`` is the moment that ages count from."""

    words: Words
    zone: tzinfo
    reference: datetime
    live: bool

    @classmethod
    def at(cls, words: Words, zone: tzinfo, as_of: datetime | None, now: datetime | None = None) -> Clock:
        """A clock for data whose last moment is ``as_of``."""
        moment = now or datetime.now(UTC)
        live = as_of is None or moment - as_of < LIVE
        return cls(words, zone, moment if live or as_of is None else as_of, live)

    def day(self, when: datetime) -> datetime:
        """``when`` in the reader's zone."""
        return when.astimezone(self.zone)

    def absolute(self, when: datetime | None) -> str:
        """Such as ``Mar 13, 22:40``; with the year when it is not the reference's."""
        if when is None:
            return self.words("unknown")
        local = self.day(when)
        key = "time.absolute" if local.year == self.day(self.reference).year else "time.absolute_year"
        month = self.words(f"month.{local.month}")
        return self.words(key, year=local.year, month=month, day=local.day, clock=f"{local:%H:%M}")

    def exact(self, when: datetime | None) -> str:
        """The whole moment with its zone, for titles."""
        return f"{self.day(when):%Y-%m-%d %H:%M:%S %Z}" if when else self.words("unknown")

    def age(self, when: datetime | None, *, since: datetime | None = None) -> str:
        """Such as ``3 h ago``, counted from the reference (or ``since``)."""
        if when is None:
            return self.words("unknown")
        seconds = int(((since or self.reference) - when).total_seconds())
        key = "ago" if seconds >= 0 else "ahead"
        span = abs(seconds)
        if span < 60:
            return self.words("time.now")
        for size, limit, unit in _STEPS:
            if span < limit:
                return self.words(f"time.{key}_{unit}", n=span // size)
        return self.absolute(when)
