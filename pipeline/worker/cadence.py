"""When an incident is due: a grid of moments that follows from its beginning and the phases, and from nothing else.

Missed moments need no list: whoever asks late gets the latest one, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.paths import DataDir
from pipeline.toml_files import read_toml

FIRST_RETRY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Phase:
    """Turns ``every`` so often; the last phase lasts until the incident is closed."""

    every: timedelta
    lasts: timedelta | None = None


DEFAULT_PHASES = (
    Phase(timedelta(minutes=10), timedelta(hours=6)),
    Phase(timedelta(hours=1), timedelta(days=3)),
    Phase(timedelta(days=1)),
)


@dataclass(frozen=True, slots=True)
class Cadence:
    """Phases in their order, and what bounds a turn."""

    phases: tuple[Phase, ...] = DEFAULT_PHASES
    longest: timedelta = timedelta(hours=2)
    """A turn that takes longer is stopped."""
    side_by_side: int = 1
    """Incidents whose turns may be at work at the same time."""

    def _place(self, began: datetime, now: datetime) -> tuple[int, datetime, Phase]:
        """Moments of the phases that are over, the beginning of the phase of ``now``, and that phase."""
        at, before = began, 0
        for phase in self.phases[:-1]:
            if phase.lasts is None or now < at + phase.lasts:
                return before, at, phase
            before += -(-phase.lasts // phase.every)
            at += phase.lasts
        return before, at, self.phases[-1]

    def every(self, began: datetime, now: datetime) -> timedelta:
        """The interval of the phase that ``now`` lies in."""
        return self._place(began, now)[2].every

    def latest(self, began: datetime, now: datetime) -> datetime:
        """The last moment of the grid that is not after ``now``; ``began`` is the first."""
        _, at, phase = self._place(began, now)
        passed: timedelta = max((now - at) // phase.every, 0) * phase.every
        return at + passed

    def following(self, began: datetime, now: datetime) -> datetime:
        """The first moment of the grid after ``now``."""
        _, at, phase = self._place(began, now)
        coming = self.latest(began, now) + phase.every
        return min(coming, at + phase.lasts) if phase.lasts else coming

    def number(self, began: datetime, now: datetime) -> int:
        """How many moments lie before the latest one."""
        before, at, phase = self._place(began, now)
        return before + max((now - at) // phase.every, 0)

    def retry(self, began: datetime, now: datetime, failures: int) -> datetime:
        """When to try again after so many failures in a row: 5, 10, 20 … minutes, never later than the grid would."""
        wait = FIRST_RETRY * (1 << min(max(failures - 1, 0), 10))
        return min(now + wait, self.following(began, now))


def cadence_file(data: DataDir) -> Path:
    """Where a desk writes its own cadence."""
    return data.root / "cadence.toml"


def load_cadence(data: DataDir) -> Cadence:
    """The desk's cadence, or the default where it has no file; raises ``UsageError`` naming file and fix."""
    path = cadence_file(data)
    if not path.exists():
        return Cadence()
    told = read_toml(path, mend="mend the file, or remove it for the usual cadence")
    unknown = sorted(set(told) - {"phases", "longest_minutes", "side_by_side"})
    if unknown:
        raise UsageError(
            f"{path}: unknown {', '.join(unknown)}; known: phases, longest_minutes, side_by_side"
        )
    phases = told.get("phases")
    usual = Cadence()
    return Cadence(
        usual.phases if phases is None else _phases(path, phases),
        _minutes(path, "longest_minutes", told.get("longest_minutes", usual.longest // timedelta(minutes=1))),
        _whole(path, "side_by_side", told.get("side_by_side", usual.side_by_side)),
    )


def _phases(path: Path, rows: Any) -> tuple[Phase, ...]:  # noqa: ANN401  TOML values are of any type until checked
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: write one [[phases]] block per phase, with every_minutes and for_hours")
    made = []
    for number, row in enumerate(rows, 1):
        name = f"phase {number}: "
        if unknown := sorted(set(row) - {"every_minutes", "for_hours"}):
            raise UsageError(f"{path}: {name}unknown {', '.join(unknown)}; known: every_minutes, for_hours")
        hours = row.get("for_hours")
        last = number == len(rows)
        if (hours is None) != last:
            raise UsageError(f"{path}: {name}every phase but the last needs for_hours; the last has none")
        lasts = None if hours is None else timedelta(hours=_whole(path, f"{name}for_hours", hours))
        made.append(Phase(_minutes(path, f"{name}every_minutes", row.get("every_minutes")), lasts))
    return tuple(made)


def _minutes(path: Path, name: str, value: object) -> timedelta:
    return timedelta(minutes=_whole(path, name, value))


def _whole(path: Path, name: str, value: object) -> int:
    if type(value) is not int or not 1 <= value <= 1_000_000:
        raise UsageError(f"{path}: {name} is {value!r}: write a whole number from 1")
    return value
