"""Hours that people have against the claims that wait: what will be worked today, and what will not, said so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipeline.ledger.decisions import Ledger
from pipeline.ledger.outreach import Hours
from pipeline.ledger.set_aside import WAITING, SetAside
from pipeline.paths import DataDir
from pipeline.protocol.plan import load_protocol
from pipeline.questions import ask
from pipeline.records import Triage
from pipeline.statements import statement

MOST_CLAIMS = 100


@dataclass(frozen=True, slots=True)
class Capacity:
    """What fits into a day. ``worked`` and ``not_worked`` are claim ids, best rank first."""

    day: date
    hours: float
    people: int
    hours_per_claim: float
    worked: tuple[str, ...]
    not_worked: tuple[str, ...]
    """Those that do not fit: somebody has to say so, with a reason."""
    set_aside: tuple[str, ...] = ()
    """Those of which somebody has said that they will not be worked."""


def fit(
    day: date,
    hours: Sequence[float],
    queue: Sequence[str],
    hours_per_claim: float,
    aside: Collection[str] = (),
) -> Capacity:
    """Take claims from the top of ``queue``, passing over those ``aside``, while whole claims fit into the hours."""
    have = sum(hours)
    room = int(have / hours_per_claim + 1e-9)
    people = sum(one > 0 for one in hours)
    wanted = [claim for claim in queue if claim not in aside]
    left = tuple(claim for claim in queue if claim in aside)
    return Capacity(day, have, people, hours_per_claim, tuple(wanted[:room]), tuple(wanted[room:]), left)


def capacity(
    data: DataDir,
    incident: str,
    day: date | None = None,
    hours_per_claim: float | None = None,
    most: int = MOST_CLAIMS,
) -> Capacity:
    """The plan for a day (today without), over those of the first ``most`` ranked claims that wait.

    ``hours_per_claim``: the protocol's without.
    """
    ranked = ask(data, incident, statement("protocol/ranked"), {"most": most})
    decided = Ledger(data.ledger, read_only=True).triage(incident)
    return planned(data, incident, [row["claim_id"] for row in ranked], decided, day, hours_per_claim)


def planned(
    data: DataDir,
    incident: str,
    ranked: Sequence[str],
    decided: Mapping[str, Triage],
    day: date | None = None,
    hours_per_claim: float | None = None,
) -> Capacity:
    """The plan over the ``ranked`` claims that wait, with where people put each."""
    day = day or datetime.now(UTC).date()
    waiting = [claim for claim in ranked if claim not in decided or decided[claim].status in WAITING]
    offered = Hours(data.ledger, read_only=True).on(incident, day)
    each = load_protocol(data).hours_per_claim if hours_per_claim is None else hours_per_claim
    aside = SetAside(data.ledger, read_only=True).waiting(incident, decided)
    return fit(day, list(offered.values()), waiting, each, aside)
