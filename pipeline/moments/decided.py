"""What people had decided at a moment: the ledger's events up to then, read as the desk reads its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pipeline.correction.consensus import Phase
from pipeline.ledger import Event, Ledger
from pipeline.ledger.items import TAKEN_BACK
from pipeline.ledger.set_aside import SetAside, aside_of, holds
from pipeline.ledger.statements import Release, Statement, Statements
from pipeline.records import MatchRuling, RulingKind, Status, Triage

SHOWN = frozenset(
    {
        *(
            "triage",
            "ruling",
            "withdrawal",
            "note",
            "assessment",
            TAKEN_BACK,
            "statement",
            "sign_off",
            "release",
        ),
        SetAside.KIND,
    }
)
"""Kinds of events that change what a row of the list says."""


class Said(StrEnum):
    """What became of a statement on a claim, beside the phases of its sign-off."""

    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class Decided:
    """What people had decided on the claims of an incident, by claim."""

    triage: Mapping[str, Triage]
    rulings: tuple[MatchRuling, ...]
    """Those that stood, oldest first."""
    levels: Mapping[str, Mapping[str, int]]
    """Answers to the rubric by question, of the assessment that stood."""
    notes: Mapping[str, int]
    statements: Mapping[str, str]
    """A phase of sign-off, or ``Said``; of the latest statement."""
    set_aside: Mapping[str, str]
    """Claims that people had said they would not work, and had not taken up since, with the reason."""


def until(events: Sequence[Event], moment: datetime) -> list[Event]:
    """``events`` (newest first, as the ledger gives them) up to ``moment``, oldest first."""
    return [event for event in reversed(events) if event.decided_at <= moment]


def decided_at(ledger: Path, incident: str, moment: datetime) -> Decided:
    """Everything as it stood at ``moment``; what was decided in that very instant counts."""
    events = until(Ledger(ledger, read_only=True).events(incident), moment)
    gone = {event.payload.get("event_id") for event in events if event.kind == TAKEN_BACK}
    items = [event for event in events if event.event_id not in gone and event.claim_id]
    triage = {event.claim_id or "": _triage(event) for event in events if event.kind == "triage"}
    asides = {event.claim_id or "": aside_of(event) for event in items if event.kind == SetAside.KIND}
    return Decided(
        triage=triage,
        rulings=tuple(_rulings(events)),
        levels={e.claim_id or "": dict(e.payload["levels"]) for e in items if e.kind == "assessment"},
        notes=Counter(event.claim_id or "" for event in items if event.kind == "note"),
        statements=statements_at(Statements(ledger, read_only=True), incident, moment),
        set_aside={claim: one.reason for claim, one in asides.items() if holds(one, triage.get(claim))},
    )


def _triage(event: Event) -> Triage:
    told = event.payload
    return Triage(
        incident=event.incident,
        claim_id=event.claim_id or "",
        status=Status(told["status"]),
        rating=told.get("rating"),
        assignee=told.get("assignee"),
        note=str(told.get("note") or ""),
        updated_at=event.decided_at,
        updated_by=event.actor,
    )


def _rulings(events: Iterable[Event]) -> list[MatchRuling]:
    standing: dict[int, MatchRuling] = {}
    for event in events:
        told = event.payload
        if event.kind == "ruling":
            number = int(told["ruling_id"])
            pair = str(told["left_post"]), str(told["right_post"])
            kind, reason = RulingKind(told["kind"]), str(told.get("reason") or "")
            standing[number] = MatchRuling(
                number, event.incident, kind, *pair, event.actor, event.decided_at, reason
            )
        elif event.kind == "withdrawal" and "ruling_id" in told:
            standing.pop(int(told["ruling_id"]), None)
    return [standing[number] for number in sorted(standing)]


def statements_at(room: Statements, incident: str, moment: datetime) -> dict[str, str]:
    """Where the latest statement on each claim stood."""
    held = [one for one in room.statements(incident) if one.circulated_at <= moment]
    out = [one for one in room.releases(incident) if one.told_at <= moment]
    return {one.claim_id: _stood(room, one, out, moment) for one in reversed(held) if one.claim_id}


def _stood(room: Statements, held: Statement, out: Sequence[Release], moment: datetime) -> str:
    releases = [one for one in out if one.statement_id == held.statement_id]
    if any(not one.withdrawn_at or one.withdrawn_at > moment for one in releases):
        return Said.RELEASED
    if releases:
        return Said.WITHDRAWN
    if held.voided_at and held.voided_at <= moment:
        return Said.VOIDED
    return Phase(room.stood(held, moment).phase)
