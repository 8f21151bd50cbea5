"""The wordings of a claim as a family tree in time, with what changed from model to copy marked in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.desk import Desk
from dashboard.family import Wording
from dashboard.render import show
from dashboard.rows import Variant
from dashboard.times import Clock

MOST_INDENTS = 6


@dataclass(frozen=True, slots=True)
class Tick:
    """A wording's first appearance on the strip; ``left`` is percent of the time shown."""

    number: int
    when: datetime
    left: float


def _platform(variant: Variant) -> str:
    return variant.first_platform


def _script(variant: Variant) -> str | None:
    return variant.script


def strip(
    wordings: Sequence[Wording], lane: Callable[[Variant], str | None] = _platform
) -> dict[str, list[Tick]]:
    """First appearances by ``lane``, the one that came first on top; what has no time or no lane is left out."""
    known = [(w.variant.first_at, w) for w in wordings if w.variant.first_at and lane(w.variant)]
    if len(known) < 2:
        return {}
    times = [when for when, _ in known]
    begin, span = min(times), max((max(times) - min(times)).total_seconds(), 1.0)
    lanes: dict[str, list[Tick]] = {}
    for when, wording in sorted(known, key=lambda pair: (pair[0], pair[1].number)):
        tick = Tick(wording.number, when, 100 * (when - begin).total_seconds() / span)
        lanes.setdefault(lane(wording.variant) or "", []).append(tick)
    return lanes


def variants(desk: Desk, clock: Clock, wordings: Sequence[Wording]) -> None:
    """The strips, by platform and by script, and the tree."""
    strips = {"platform": strip(wordings), "script": strip(wordings, _script)}
    show("variants", words=desk.words, clock=clock, wordings=wordings, strips=strips, deepest=MOST_INDENTS)
