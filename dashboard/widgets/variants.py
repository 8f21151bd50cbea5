"""The wordings of a claim as a family tree in time, with what changed from model to copy marked in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.desk import Desk
from dashboard.family import Wording
from dashboard.render import show
from dashboard.times import Clock

MOST_INDENTS = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A wording's first appearance on the strip; ``left`` is percent of the time shown."""

    number: int
    when: datetime
    left: float


def strip(wordings: Sequence[Wording]) -> dict[str, list[Tick]]:
    """First appearances by platform, the platform that came first on top; times unknown are left out."""
    known = [(w.variant.first_at, w) for w in wordings if w.variant.first_at]
    if len(known) < 2:
        return {}
    times = [when for when, _ in known]
    begin, span = min(times), max((max(times) - min(times)).total_seconds(), 1.0)
    lanes: dict[str, list[Tick]] = {}
    for when, wording in sorted(known, key=lambda pair: (pair[0], pair[1].number)):
        tick = Tick(wording.number, when, 100 * (when - begin).total_seconds() / span)
        lanes.setdefault(wording.variant.first_platform, []).append(tick)
    return lanes


def variants(desk: Desk, clock: Clock, wordings: Sequence[Wording]) -> None:
    """The strip and the tree."""
    lanes = strip(wordings)
    show("variants", words=desk.words, clock=clock, wordings=wordings, lanes=lanes, deepest=MOST_INDENTS)
