"""Handing over the watch: one side offers it with a note, the other side takes it. Until then it stays where it is."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.errors import StaleVersion, StoreError
from pipeline.ledger.protocol import WATCH, Checklist, Watch, check_note
from pipeline.ledger.store import Event

OFFER, OFFER_ENDED = "watch_offer", "watch_offer_ended"


@dataclass(frozen=True, slots=True)
class Offer:
    """The watch, offered to ``partner`` with a note and not taken yet."""

    event_id: int
    partner: str
    before: str
    actor: str
    told_at: datetime
    note: str


class Offers(Checklist):
    """Offers of the watch beside the hand-overs; at most one stands at a time."""

    def offer(self, incident: str, partner: str, *, holder: str, note: str, seen: int, actor: str) -> Offer:
        """Offer the watch that ``holder`` has to ``partner``. ``seen``: the last hand-over that the person saw.

        Raises ``StoreError`` without a note, or when the partner has the watch; ``StaleVersion`` when the watch moved
        or was offered since.
        """
        check_note(note)
        if not note.strip():
            raise StoreError(
                "a hand-over needs a note: what is open, what was promised, whom to call", code="watch_note"
            )
        if partner == holder:
            raise StoreError(f"{partner} has the watch already", code="watch_theirs", partner=partner)
        told: dict[str, object] = {
            "incident": incident,
            "partner": partner,
            "before": holder,
            "note": note.strip(),
        }
        moment = datetime.now(UTC)
        with self.writing() as connection:
            self._at(connection, incident, seen, told)
            if theirs := self._standing(connection, incident):
                raise StaleVersion(
                    "the watch was offered since; look again",
                    mine=told,
                    theirs=theirs.payload,
                    code="watch_offered",
                )
            number = self.append(connection, OFFER, told, actor, moment)
        return Offer(number, partner, holder, actor, moment, note.strip())

    def accept(self, incident: str, offer: Offer, *, actor: str, note: str = "") -> Watch:
        """Take the watch as it was offered; raises ``StaleVersion`` when the offer stands no more."""
        check_note(note)
        said = "\n".join(part for part in (offer.note, note.strip()) if part)
        told = {"incident": incident, "partner": offer.partner, "before": offer.before, "note": said}
        told_all: dict[str, object] = {**told, "offer": offer.event_id, "offered_by": offer.actor}
        moment = datetime.now(UTC)
        with self.writing() as connection:
            self._still(connection, incident, offer)
            number = self.append(connection, WATCH, told_all, actor, moment)
        return Watch(number, offer.partner, offer.before, actor, moment, said)

    def end(self, incident: str, offer: Offer, *, actor: str, note: str = "") -> None:
        """Decline or withdraw an offer; raises ``StaleVersion`` when it stands no more."""
        check_note(note)
        told = {"incident": incident, "offer": offer.event_id, "note": note.strip()}
        with self.writing() as connection:
            self._still(connection, incident, offer)
            self.append(connection, OFFER_ENDED, told, actor, datetime.now(UTC))

    def standing(self, incident: str) -> Offer | None:
        """The offer that waits for its answer."""
        with self.connect() as connection:
            found = self._standing(connection, incident)
        if found is None:
            return None
        told = found.payload
        partner, before, note = (str(told[name]) for name in ("partner", "before", "note"))
        return Offer(found.event_id, partner, before, found.actor, found.decided_at, note)

    def _standing(self, connection: sqlite3.Connection, incident: str) -> Event | None:
        last = self._latest(connection, incident, OFFER)
        later = [self._latest(connection, incident, kind) for kind in (WATCH, OFFER_ENDED)]
        if last is None or any(event and event.event_id > last.event_id for event in later):
            return None
        return last

    def _still(self, connection: sqlite3.Connection, incident: str, offer: Offer) -> None:
        found = self._standing(connection, incident)
        if found is None or found.event_id != offer.event_id:
            theirs = found.payload if found else {}
            raise StaleVersion(
                "this offer stands no more; look again", mine={}, theirs=theirs, code="offer_gone"
            )

    def _at(self, connection: sqlite3.Connection, incident: str, seen: int, told: dict[str, object]) -> None:
        last = self._latest(connection, incident, WATCH)
        if (last.event_id if last else 0) != seen:
            theirs = last.payload if last else {}
            raise StaleVersion(
                "the watch was handed over since; look again", mine=told, theirs=theirs, code="watch_moved"
            )
