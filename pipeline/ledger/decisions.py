"""Where claims stand, and which posts must or must not be one claim: the ledger's first room."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import StaleVersion, StoreError
from pipeline.ledger.store import Event, Store
from pipeline.records import MatchRuling, RulingKind, Status, Triage
from pipeline.statements import statement

MAX_NOTE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Who took a ruling back, and when."""

    actor: str
    when: datetime


def decisions_in_force(events: Sequence[Event]) -> list[Event]:
    """A claim's decisions that nobody took back, oldest first: the last is what can be undone.

    ``events`` are one claim's, newest first, as ``Store.events`` gives them.
    """
    standing: list[Event] = []
    for event in reversed(events):
        if event.kind != "triage":
            continue
        undone = event.payload.get("undoes")
        if undone is None:
            standing.append(event)
        elif standing and standing[-1].event_id == undone:
            standing.pop()
    return standing


class Ledger(Store):
    """Triage and rulings."""

    def triage(self, incident: str, claim_id: str | None = None) -> dict[str, Triage]:
        """Where claims stand, by claim id; claims that nobody touched are absent."""
        with self.connect() as connection:
            rows = connection.execute(
                statement("ledger/triage_of"), {"incident": incident, "claim_id": claim_id}
            ).fetchall()
        return {row[1]: _triage(row) for row in rows}

    def decide(
        self, wanted: Triage, *, actor: str, now: datetime | None = None, undoes: int | None = None
    ) -> Triage:
        """Store where a claim stands now; ``wanted.version`` is the one that the person saw (0: none).

        Raises ``StaleVersion`` with both versions when somebody else decided in between. ``undoes`` is the event
        whose effect this takes back.
        """
        told = {"undoes": undoes} if undoes is not None else {}
        found = self._decide([wanted], actor, now or datetime.now(UTC), told)[0]
        if isinstance(found, StaleVersion):
            raise found
        return found

    def decide_all(self, wanted: Sequence[Triage], *, actor: str, batch: str) -> list[Triage | StaleVersion]:
        """Decide on many claims in one write; ``batch`` names it, so that it is undone as one.

        A claim on which somebody else was faster comes back as the refusal; the others are stored.
        """
        return self._decide(wanted, actor, datetime.now(UTC), {"batch": batch})

    def _decide(
        self, wanted: Sequence[Triage], actor: str, moment: datetime, told: Mapping[str, Any]
    ) -> list[Triage | StaleVersion]:
        for each in wanted:
            _check_note(each.note)
        with self.writing() as connection:
            return [self._decide_one(connection, each, actor, moment, told) for each in wanted]

    def _decide_one(
        self,
        connection: sqlite3.Connection,
        wanted: Triage,
        actor: str,
        moment: datetime,
        told: Mapping[str, Any],
    ) -> Triage | StaleVersion:
        values = _triage_values(wanted, actor, moment)
        name = "ledger/update_triage" if wanted.version else "ledger/insert_triage"
        changed = connection.execute(statement(name), values).fetchone()
        if changed:
            self.append(connection, "triage", {**values, **told}, actor, moment)
            return _triage(changed)
        stands = connection.execute(statement("ledger/triage_of"), values).fetchone()
        theirs = _triage(stands) if stands else None
        return StaleVersion(
            f"claim {wanted.claim_id}: somebody else decided first; look at both and decide again",
            mine=values,
            theirs=_triage_values(theirs, theirs.updated_by or "", theirs.updated_at) if theirs else {},
            code="decided_first",
        )

    def undo(self, incident: str, event_id: int, *, actor: str) -> Triage:
        """Bring a claim back to where it stood before a decision; the history keeps both.

        Raises ``StaleVersion`` when the claim was decided on since, ``StoreError`` when there is nothing to undo.
        """
        rows = self.fetch("event", {"incident": incident, "event_id": event_id})
        claim_id = rows[0][2] if rows and rows[0][3] == "triage" else None
        if claim_id is None:
            raise StoreError(
                f"event {event_id} of incident {incident} is no decision on a claim", code="no_decision"
            )
        in_force = decisions_in_force(self.events(incident, claim_id))
        now = self.triage(incident, claim_id)[claim_id]
        if not in_force or in_force[-1].event_id != event_id:
            raise StaleVersion(
                f"claim {claim_id}: somebody decided since; undo that first",
                mine=_triage_values(now, actor, now.updated_at),
                theirs=_triage_values(now, now.updated_by or "", now.updated_at),
                code="decided_since",
            )
        before = in_force[-2].payload if len(in_force) > 1 else {}
        return self.decide(_restored(now, before), actor=actor, undoes=event_id)

    def rule(
        self,
        incident: str,
        kind: RulingKind,
        left_post: str,
        right_post: str,
        *,
        actor: str,
        reason: str = "",
    ) -> MatchRuling:
        """Record that two posts must, or must not, be one claim; the next run obeys."""
        return self.rule_all(incident, kind, [(left_post, right_post)], actor=actor, reason=reason)[0]

    def rule_all(
        self,
        incident: str,
        kind: RulingKind,
        pairs: Sequence[tuple[str, str]],
        *,
        actor: str,
        reason: str = "",
        batch: str = "",
    ) -> list[MatchRuling]:
        """Record one word on many pairs in one write: all or none."""
        if any(left == right for left, right in pairs) or len(reason) > MAX_NOTE_CHARS:
            raise StoreError(
                f"a ruling needs two posts and a reason of at most {MAX_NOTE_CHARS} characters",
                code="ruling_needs",
                most=MAX_NOTE_CHARS,
            )
        moment = datetime.now(UTC)
        told = {"batch": batch} if batch else {}
        made: list[MatchRuling] = []
        with self.writing() as connection:
            for pair in pairs:
                left, right = sorted(pair)
                values: dict[str, Any] = {
                    "incident": incident,
                    "kind": kind.value,
                    "left_post": left,
                    "right_post": right,
                    "actor": actor,
                    "decided_at": moment.isoformat(),
                    "reason": reason,
                }
                ruling_id = connection.execute(statement("ledger/insert_ruling"), values).fetchone()[0]
                self.append(connection, "ruling", {**values, **told, "ruling_id": ruling_id}, actor, moment)
                made.append(_ruling((ruling_id, *values.values())))
        return made

    def withdraw(self, incident: str, ruling_ids: Sequence[int], *, actor: str) -> None:
        """Take rulings back; the history keeps them, the next run no longer obeys them."""
        moment = datetime.now(UTC)
        standing = {ruling.ruling_id: ruling for ruling in self.rulings(incident)}
        if gone := [str(number) for number in ruling_ids if number not in standing]:
            raise StoreError(
                f"ruling {', '.join(gone)} of incident {incident}: withdrawn already, or never made",
                code="ruling_gone",
            )
        with self.writing() as connection:
            for number in ruling_ids:
                ruling = standing[number]
                values = {
                    "incident": incident,
                    "ruling_id": number,
                    "left_post": ruling.left_post,
                    "right_post": ruling.right_post,
                }
                self.append(connection, "withdrawal", values, actor, moment)

    def all_rulings(self, incident: str) -> list[tuple[MatchRuling, Withdrawn | None]]:
        """Every ruling ever made, the newest first, each with who withdrew it."""
        return [
            (_ruling(row[:8]), Withdrawn(row[9], datetime.fromisoformat(row[8])) if row[8] else None)
            for row in self.fetch("all_rulings", {"incident": incident})
        ]

    def rulings(self, incident: str) -> list[MatchRuling]:
        """Every ruling of an incident that stands, in the order made."""
        with self.connect() as connection:
            rows = connection.execute(statement("ledger/rulings"), {"incident": incident}).fetchall()
        return [_ruling((row[0], row[1], *row[2:])) for row in rows]

    def verify(self) -> int:
        """Check that no event was changed after the fact; returns how many were checked."""
        latest: dict[tuple[str, str], dict[str, Any]] = {}
        count = 0
        with self.connect() as connection:
            for incident, claim_id, kind, _, _, payload in self.chained(connection):
                count += 1
                if kind == "triage":
                    latest[incident, claim_id] = json.loads(payload)
            self._compare(connection, latest)
        return count

    def _compare(self, connection: sqlite3.Connection, latest: dict[tuple[str, str], dict[str, Any]]) -> None:
        """The current state must be what the last event of each claim said."""
        for row in connection.execute(statement("ledger/all_triage")):
            now = _triage_values(_triage(row), row[9], datetime.fromisoformat(row[8]))
            then = latest.pop((row[0], row[1]), {})
            if any(then.get(name) != value for name, value in now.items() if name != "version"):
                raise StoreError(
                    f"ledger {self.path}: claim {row[1]} stands otherwise than decided: restore the backup",
                    code="ledger_unreadable",
                )
        if latest:
            raise StoreError(
                f"ledger {self.path}: {len(latest)} decided claims are gone: restore the backup",
                code="ledger_unreadable",
            )


def _check_note(note: str) -> None:
    if len(note) > MAX_NOTE_CHARS:
        raise StoreError(
            f"note of {len(note)} characters: the ledger keeps at most {MAX_NOTE_CHARS}",
            code="text_long",
            given=len(note),
            most=MAX_NOTE_CHARS,
        )


def _restored(now: Triage, before: Mapping[str, Any]) -> Triage:
    """``now`` with what an earlier event said; without one, as if nobody had decided."""
    return replace(
        now,
        status=Status(before.get("status", Status.NEW)),
        rating=before.get("rating"),
        assignee=before.get("assignee"),
        note=str(before.get("note") or ""),
    )


def _triage_values(triage: Triage, actor: str, now: datetime | None) -> dict[str, Any]:
    return {
        "incident": triage.incident,
        "claim_id": triage.claim_id,
        "version": triage.version,
        "status": triage.status.value,
        "rating": str(triage.rating) if triage.rating else None,
        "assignee": triage.assignee,
        "note": triage.note,
        "anchor_posts": json.dumps(list(triage.anchor_posts)),
        "updated_at": now.isoformat() if now else None,
        "updated_by": actor,
    }


def _triage(row: Sequence[Any]) -> Triage:
    incident, claim_id, version, status, rating, assignee, note, anchors, updated_at, updated_by = row
    return Triage(
        incident=incident,
        claim_id=claim_id,
        version=version,
        status=Status(status),
        rating=rating,
        assignee=assignee,
        note=note,
        anchor_posts=tuple(json.loads(anchors)),
        updated_at=datetime.fromisoformat(updated_at),
        updated_by=updated_by,
    )


def _ruling(row: Sequence[Any]) -> MatchRuling:
    ruling_id, incident, kind, left, right, actor, decided_at, reason = row
    return MatchRuling(
        ruling_id, incident, RulingKind(kind), left, right, actor, datetime.fromisoformat(decided_at), reason
    )
