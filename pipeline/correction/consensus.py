"""Where a circulated statement stands, by the coalition's own rule. Pure: answers in, standing out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.coalition import ConsensusRule


class Answer(StrEnum):
    """What a partner says to the exact text it was shown."""

    CONSENT = "consent"
    RESERVATIONS = "reservations"  # consents, and says what it would have said otherwise
    ASIDE = "aside"  # does not sign and does not stand in the way
    BLOCK = "block"  # must not be said by the coalition; needs a reason


CONSENTING = frozenset({Answer.CONSENT, Answer.RESERVATIONS})


class Phase(StrEnum):
    """What can happen to a statement next."""

    OPEN = "open"
    AGREED = "agreed"
    BLOCKED = "blocked"
    LACKING = "lacking"  # all answered, too few consent
    EXPIRED = "expired"  # the deadline passed while somebody who must answer was silent


NO_CONSENSUS = frozenset({Phase.BLOCKED, Phase.LACKING, Phase.EXPIRED})
"""Phases in which a partner may speak under its own name only."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The phase, and who makes it so."""

    phase: Phase
    consenting: tuple[str, ...]
    waiting: tuple[str, ...]
    blocking: tuple[str, ...]
    aside: tuple[str, ...]


def stand(
    rule: ConsensusRule,
    partners: Sequence[str],
    author: str,
    answers: Mapping[str, Answer],
    *,
    deadline: datetime,
    now: datetime,
) -> Standing:
    """Return where a statement of ``author`` stands when ``partners`` have answered so far as ``answers`` tells.

    A block that stops does so at once; an agreement is only known when everybody answered or the deadline passed.
    """
    by = {answer: tuple(p for p in partners if answers.get(p) is answer) for answer in Answer}
    consenting = tuple(p for p in partners if answers.get(p) in CONSENTING)
    waiting = tuple(p for p in partners if p not in answers)
    besides = [p for p in consenting if p != author]
    enough = bool(consenting) and len(besides) >= rule.consents_besides_author
    if len(by[Answer.BLOCK]) >= rule.blocks_that_stop:
        phase = Phase.BLOCKED
    elif waiting and now < deadline:
        phase = Phase.OPEN
    elif waiting and rule.all_must_answer:
        phase = Phase.EXPIRED
    else:
        phase = Phase.AGREED if enough else Phase.LACKING
    return Standing(phase, consenting, waiting, by[Answer.BLOCK], by[Answer.ASIDE])


def reminders_due(rule: ConsensusRule, deadline: datetime, since: datetime, now: datetime) -> list[int]:
    """Minutes before the deadline whose reminder fell due after ``since`` and by ``now``, the earliest first."""
    moments = {minutes: deadline - timedelta(minutes=minutes) for minutes in rule.reminder_minutes}
    return [m for m, at in sorted(moments.items(), key=lambda item: item[1]) if since < at <= now]
