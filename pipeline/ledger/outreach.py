"""Whom the coalition met or briefed, what came of it, and what time people have: entries that are only ever added."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar

from pipeline.errors import StaleVersion, StoreError
from pipeline.ledger.items import Items
from pipeline.ledger.store import Event

MAX_NAME_CHARS, MAX_TEXT_CHARS = 120, 5_000
STANCES = ("friendly", "neutral", "critical", "unknown")
"""How somebody stands to the coalition's work; critics are met, too, and it is written down."""
MOST_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class Contacted:
    """One meeting, call or briefing."""

    event_id: int
    actor: str
    told_at: datetime
    whom: str
    on: date
    stance: str
    about: str
    outcome: str
    corrects: int = 0
    """Number of the entry that this one stands for; 0 for a first wording."""


class Outreach(Items):
    """Reads and appends whom the coalition spoke with."""

    KIND: ClassVar[str] = "outreach"

    def add(
        self, incident: str, whom: str, *, on: date, stance: str, about: str, outcome: str, actor: str
    ) -> int:
        """Append one; raises ``StoreError`` when somebody or the outcome is missing, or something is too long."""
        return self.put(incident, None, _checked(whom, on, stance, about, outcome), actor=actor)

    def correct(
        self,
        incident: str,
        event_id: int,
        whom: str,
        *,
        on: date,
        stance: str,
        about: str,
        outcome: str,
        actor: str,
    ) -> int:
        """Append a new wording of an entry and return its number; the old one stays in the history.

        Raises ``StoreError`` as ``add`` does, and ``StaleVersion`` when the entry was corrected or taken back since.
        """
        told = {**_checked(whom, on, stance, about, outcome), "incident": incident, "corrects": event_id}
        with self.writing() as connection:
            if event_id not in {one.event_id for one in self.all(incident)}:
                raise StaleVersion(
                    f"outreach {event_id}: corrected or taken back since; look again",
                    mine=told,
                    theirs={},
                    code="others_first",
                )
            return self.append(connection, self.KIND, told, actor, datetime.now(UTC))

    def all(self, incident: str) -> list[Contacted]:
        """The wording that stands of each entry, oldest first."""
        found = self._wordings(incident)
        replaced = {one.corrects for one in found.values()}
        return [one for one in found.values() if one.event_id not in replaced]

    def earlier(self, incident: str, one: Contacted) -> list[Contacted]:
        """The wordings that an entry had before, the newest first."""
        found, was = self._wordings(incident), list[Contacted]()
        while one.corrects in found:
            one = found[one.corrects]
            was.append(one)
        return was

    def _wordings(self, incident: str) -> dict[int, Contacted]:
        return {event.event_id: _contacted(event) for event in self.standing(incident)}


def _checked(whom: str, on: date, stance: str, about: str, outcome: str) -> dict[str, str]:
    told = {"whom": whom.strip(), "about": about.strip(), "outcome": outcome.strip()}
    if not told["whom"] or not told["outcome"]:
        raise StoreError(
            "outreach needs whom you met and what came of it, even if nothing did", code="outreach_needs"
        )
    if len(told["whom"]) > MAX_NAME_CHARS or max(map(len, told.values())) > MAX_TEXT_CHARS:
        raise StoreError(
            f"a name has at most {MAX_NAME_CHARS} characters, a text {MAX_TEXT_CHARS}",
            code="outreach_long",
            name_most=MAX_NAME_CHARS,
            most=MAX_TEXT_CHARS,
        )
    if stance not in STANCES:
        raise StoreError(f"stance {stance!r}: write one of {', '.join(STANCES)}", code="stance_unknown")
    return {**told, "on": on.isoformat(), "stance": stance}


class Hours(Items):
    """Hours that people say they have for an incident on a day; the last word of a person for a day counts."""

    KIND: ClassVar[str] = "hours"

    def offer(self, incident: str, day: date, hours: float, *, actor: str) -> int:
        """Append what somebody has; raises ``StoreError`` outside 0 to 24 hours."""
        if not 0 <= hours <= MOST_HOURS:
            raise StoreError(
                f"{hours:g} hours on one day: write 0 to {MOST_HOURS:g}",
                code="hours_range",
                given=hours,
                most=MOST_HOURS,
            )
        return self.put(incident, None, {"day": day.isoformat(), "hours": float(hours)}, actor=actor)

    def on(self, incident: str, day: date) -> dict[str, float]:
        """Hours by person for a day."""
        return {
            event.actor: float(event.payload["hours"])
            for event in self.standing(incident)
            if event.payload["day"] == day.isoformat()
        }


def _contacted(event: Event) -> Contacted:
    told = event.payload
    on = date.fromisoformat(told["on"])
    names = ("whom", "stance", "about", "outcome")
    whom, stance, about, outcome = (str(told[name]) for name in names)
    corrects = int(told.get("corrects") or 0)
    return Contacted(
        event.event_id, event.actor, event.decided_at, whom, on, stance, about, outcome, corrects
    )
