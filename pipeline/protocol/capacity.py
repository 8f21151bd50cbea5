"""Hours that people have against the claims that wait: what will be worked today, and what will not, said so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline.ledger.decisions import Ledger
from pipeline.ledger.outreach import Hours
from pipeline.paths import DataDir
from pipeline.questions import ask
from pipeline.records import Status
from pipeline.statements import statement

HOURS_PER_CLAIM = 1.5
"""What looking into one claim takes, unless the coalition says otherwise: an assumption, shown with every plan."""
LANES = (Status.NEW, Status.IN_REVIEW)
"""Where claims wait for people."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What fits into a day. ``worked`` and ``not_worked`` are claim ids, best rank first."""

    day: date
    hours: float
    people: int
    hours_per_claim: float
    worked: tuple[str, ...]
    not_worked: tuple[str, ...]


def fit(day: date, hours: Sequence[float], queue: Sequence[str], hours_per_claim: float) -> Capacity:
    """Take claims from the top of ``queue`` while whole claims fit into the hours."""
    have = sum(hours)
    room = int(have / hours_per_claim + 1e-9)
    people = sum(one > 0 for one in hours)
    return Capacity(day, have, people, hours_per_claim, tuple(queue[:room]), tuple(queue[room:]))


def capacity(
    data: DataDir,
    incident: str,
    day: date | None = None,
    hours_per_claim: float = HOURS_PER_CLAIM,
    most: int = 100,
) -> Capacity:
    """The plan for a day (today without), over the first ``most`` ranked claims that wait."""
    day = day or datetime.now(UTC).date()
    decided = Ledger(data.ledger, read_only=True).triage(incident)
    ranked = ask(data, incident, statement("protocol/ranked"), {"most": most})
    waiting = [
        row["claim_id"]
        for row in ranked
        if row["claim_id"] not in decided or decided[row["claim_id"]].status in LANES
    ]
    offered = Hours(data.ledger, read_only=True).on(incident, day)
    return fit(day, list(offered.values()), waiting, hours_per_claim)
