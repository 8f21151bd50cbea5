"""The timeline of a claim: stacked bars of posts, of which some ask and some correct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.rows import Hour
from dashboard.times import Clock

STEPS = (1, 2, 3, 6, 12, 24, 24 * 7)
FEWEST_BARS = 24
MOST_BARS = 96


@dataclass(frozen=True, slots=True)
class Bar:
    """Posts in one step of time; ``other`` neither ask nor correct. Heights are percent of the highest bar."""

    begins: datetime
    posts: int
    enquiries: int
    corrections: int
    highest: int

    @property
    def other(self) -> int:
        """Posts that neither ask nor correct; a post that does both counts once in each."""
        return max(0, self.posts - self.enquiries - self.corrections)

    def height(self, count: int) -> str:
        """Share of the highest bar in percent."""
        return f"{100 * count / max(1, self.highest):.1f}%"


def bars(hours: Sequence[Hour], until: datetime | None = None) -> tuple[int, list[Bar]]:
    """Hours gathered into steps without gaps, from the first to ``until``: (hours per step, bars).

    At least ``FEWEST_BARS``, so that a young claim looks young, and at most about ``MOST_BARS``.
    """
    if not hours:
        return 1, []
    last = max(hours[-1].hour, _hour(until)) if until else hours[-1].hour
    first = min(hours[0].hour, last - timedelta(hours=FEWEST_BARS - 1))
    span = _between(first, last) + 1
    step = next((s for s in STEPS if span / s <= MOST_BARS), STEPS[-1])
    sums = [[0, 0, 0] for _ in range(-(-span // step))]
    for hour in hours:
        place = sums[_between(first, hour.hour) // step]
        for index, count in enumerate((hour.posts, hour.enquiries, hour.corrections)):
            place[index] += count
    highest = max(max(p, e + c) for p, e, c in sums)
    return step, [
        Bar(first + timedelta(hours=step * i), p, e, c, highest) for i, (p, e, c) in enumerate(sums)
    ]


def _hour(when: datetime) -> datetime:
    return when.replace(minute=0, second=0, microsecond=0)


def _between(first: datetime, last: datetime) -> int:
    """Whole hours from ``first`` to ``last``."""
    return int((last - first).total_seconds() // 3600)


def timeline(desk: Desk, clock: Clock, hours: Sequence[Hour], as_of: datetime | None) -> None:
    """The chart, with its numbers in words for those who do not see it."""
    step, found = bars(hours, as_of)
    told = desk.words.count("hours", step)
    show("timeline", words=desk.words, clock=clock, bars=found, step=step, step_words=told)
