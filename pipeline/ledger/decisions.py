"""Where claims stand, and which posts must or must not be one claim: the ledger's first room."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.errors import StaleVersion, StoreError
from pipeline.ledger.store import Store
from pipeline.records import MatchRuling, Rating, RulingKind, Status, Triage
from pipeline.statements import statement

MAX_NOTE_CHARS = 20_000


class Ledger(Store):
    """Triage and rulings."""

    def triage(self, incident: str, claim_id: str | None = None) -> dict[str, Triage]:
        """Where claims stand, by claim id; claims that nobody touched are absent."""
        with self.connect() as connection:
            rows = connection.execute(
                statement("ledger/triage_of"), {"incident": incident, "claim_id": claim_id}
            ).fetchall()
        return {row[1]: _triage(row) for row in rows}

    def decide(self, wanted: Triage, *, actor: str, now: datetime | None = None) -> Triage:
        """Store where a claim stands now; ``wanted.version`` is the one that the person saw (0: none).

        Raises ``StaleVersion`` with both versions when somebody else decided in between.
        """
        if len(wanted.note) > MAX_NOTE_CHARS:
            raise StoreError(
                f"note of {len(wanted.note)} characters: the ledger keeps at most {MAX_NOTE_CHARS}"
            )
        moment = now or datetime.now(UTC)
        values = _triage_values(wanted, actor, moment)
        name = "ledger/update_triage" if wanted.version else "ledger/insert_triage"
        with self.writing() as connection:
            changed = connection.execute(statement(name), values).fetchone()
            if changed:
                self.append(connection, "triage", values, actor, moment)
            stands = changed or connection.execute(statement("ledger/triage_of"), values).fetchone()
        if changed:
            return _triage(changed)
        theirs = _triage(stands) if stands else None
        raise StaleVersion(
            f"claim {wanted.claim_id}: somebody else decided first; look at both and decide again",
            mine=values,
            theirs=_triage_values(theirs, theirs.updated_by or "", theirs.updated_at) if theirs else {},
        )

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
        left, right = sorted((left_post, right_post))
        if left == right or len(reason) > MAX_NOTE_CHARS:
            raise StoreError(f"a ruling needs two posts and a reason of at most {MAX_NOTE_CHARS} characters")
        moment = datetime.now(UTC)
        values: dict[str, Any] = {
            "incident": incident,
            "kind": kind.value,
            "left_post": left,
            "right_post": right,
            "actor": actor,
            "decided_at": moment.isoformat(),
            "reason": reason,
        }
        with self.writing() as connection:
            ruling_id = connection.execute(statement("ledger/insert_ruling"), values).fetchone()[0]
            self.append(connection, "ruling", values, actor, moment)
        return _ruling((ruling_id, *values.values()))

    def rulings(self, incident: str) -> list[MatchRuling]:
        """Every ruling of an incident, in the order made."""
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
            if {**now, "version": None} != {**then, "version": None}:
                raise StoreError(
                    f"ledger {self.path}: claim {row[1]} stands otherwise than decided: restore the backup"
                )
        if latest:
            raise StoreError(f"ledger {self.path}: {len(latest)} decided claims are gone: restore the backup")


def _triage_values(triage: Triage, actor: str, now: datetime | None) -> dict[str, Any]:
    return {
        "incident": triage.incident,
        "claim_id": triage.claim_id,
        "version": triage.version,
        "status": triage.status.value,
        "rating": triage.rating.value if triage.rating else None,
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
        rating=Rating(rating) if rating else None,
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
