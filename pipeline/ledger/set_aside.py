"""Claims that will not be worked, said so with a reason: so that nobody waits for an answer that is not coming."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from pipeline.errors import StoreError
from pipeline.ledger.items import Items
from pipeline.ledger.store import Event
from pipeline.records import Status, Triage

MAX_REASON_CHARS = 1_000
MOST_AT_ONCE = 100
WAITING = (Status.NEW, Status.IN_REVIEW)
"""Lanes where claims wait for people."""


@dataclass(frozen=True, slots=True)
class Aside:
    """One claim that will not be worked."""

    event_id: int
    claim_id: str
    actor: str
    told_at: datetime
    reason: str


class SetAside(Items):
    """Reads and appends; the last word that stands on a claim counts."""

    KIND: ClassVar[str] = "set_aside"

    def say(self, incident: str, claims: Sequence[str], reason: str, *, actor: str) -> list[int]:
        """Say it of all of ``claims`` in one write; raises ``StoreError`` without a reason or with too many."""
        reason = reason.strip()
        if not reason or len(reason) > MAX_REASON_CHARS:
            raise StoreError(
                f"a claim that is not worked needs a reason of at most {MAX_REASON_CHARS} characters",
                code="aside_reason",
                most=MAX_REASON_CHARS,
            )
        if not 0 < len(claims) <= MOST_AT_ONCE:
            raise StoreError(f"choose 1 to {MOST_AT_ONCE} claims", code="aside_many", most=MOST_AT_ONCE)
        moment = datetime.now(UTC)
        with self.writing() as connection:
            return [
                self.append(
                    connection,
                    self.KIND,
                    {"incident": incident, "claim_id": claim, "reason": reason},
                    actor,
                    moment,
                )
                for claim in claims
            ]

    def all(self, incident: str, claim_id: str | None = None) -> dict[str, Aside]:
        """The word that stands on each claim."""
        return {event.claim_id or "": aside_of(event) for event in self.standing(incident, claim_id)}

    def waiting(self, incident: str, decided: Mapping[str, Triage]) -> dict[str, Aside]:
        """Those that still hold: a claim that somebody decided on since is worked, whatever was said before."""
        return {claim: one for claim, one in self.all(incident).items() if holds(one, decided.get(claim))}


def aside_of(event: Event) -> Aside:
    """One event of this kind as a record."""
    reason = str(event.payload["reason"])
    return Aside(event.event_id, event.claim_id or "", event.actor, event.decided_at, reason)


def holds(aside: Aside | None, stands: Triage | None) -> bool:
    """Whether a claim that was set aside still is, with where it stands now."""
    if aside is None:
        return False
    if stands is None:
        return True
    later = stands.updated_at is not None and stands.updated_at > aside.told_at
    return stands.status in WAITING and not later
