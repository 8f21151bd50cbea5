"""The ledger: what people decided. Append-only events, current state with versions, never derived.

SQLite in WAL mode on one machine: many readers, one writer at a time, each write a few milliseconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import StaleVersion, StoreError
from pipeline.records import MatchRuling, Rating, RulingKind, Status, Triage
from pipeline.statements import statement

BUSY_SECONDS = 10.0
"""How long a writer waits for another writer; writes take milliseconds, so this is for a stuck disk."""

MAX_NOTE_CHARS = 20_000


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that one person did."""

    event_id: int
    incident: str
    claim_id: str | None
    kind: str
    actor: str
    decided_at: datetime
    payload: dict[str, Any]


class Ledger:
    """Reads and appends decisions. One instance per thread or call; opening costs about a millisecond."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as connection:
            if not read_only:
                connection.executescript(statement("ledger/schema"))

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        if self.read_only and not self.path.exists():
            connection = sqlite3.connect(":memory:", isolation_level=None)
            connection.executescript(statement("ledger/schema"))
        else:
            mode = "ro" if self.read_only else "rwc"
            try:
                connection = sqlite3.connect(
                    f"file:{self.path}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
                )
                if not self.read_only:
                    connection.execute("pragma journal_mode = wal")
                    connection.execute("pragma synchronous = full")
            except sqlite3.Error as error:
                raise StoreError(f"ledger {self.path}: {error}; restore it from the backup") from error
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            raise StoreError(f"ledger {self.path}: {error}") from error
        finally:
            connection.close()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its start, so that the chain has no forks."""
        with self._connect() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")

    def triage(self, incident: str, claim_id: str | None = None) -> dict[str, Triage]:
        """Where claims stand, by claim id; claims that nobody touched are absent."""
        with self._connect() as connection:
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
        values = _triage_values(wanted, actor, now or datetime.now(UTC))
        name = "ledger/update_triage" if wanted.version else "ledger/insert_triage"
        with self._writing() as connection:
            changed = connection.execute(statement(name), _named(name, values)).rowcount
            if changed == 1:
                self._append(connection, "triage", values, actor)
        stands = self.triage(wanted.incident, wanted.claim_id).get(wanted.claim_id)
        if changed != 1:
            raise StaleVersion(
                f"claim {wanted.claim_id}: somebody else decided first; look at both and decide again",
                mine=values,
                theirs=_triage_values(stands, stands.updated_by or "", stands.updated_at) if stands else {},
            )
        if stands is None:
            raise StoreError(f"ledger {self.path}: a decision on {wanted.claim_id} vanished; check the disk")
        return stands

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
        values: dict[str, Any] = {
            "incident": incident,
            "kind": kind.value,
            "left_post": left,
            "right_post": right,
            "actor": actor,
            "decided_at": datetime.now(UTC).isoformat(),
            "reason": reason,
        }
        with self._writing() as connection:
            ruling_id = connection.execute(statement("ledger/insert_ruling"), values).fetchone()[0]
            self._append(connection, "ruling", values, actor)
        return _ruling((ruling_id, *values.values()))

    def rulings(self, incident: str) -> list[MatchRuling]:
        """Every ruling of an incident, in the order made."""
        with self._connect() as connection:
            rows = connection.execute(statement("ledger/rulings"), {"incident": incident}).fetchall()
        return [_ruling((row[0], row[1], *row[2:])) for row in rows]

    def events(self, incident: str, claim_id: str | None = None, most: int = 1_000_000) -> list[Event]:
        """What people did, newest first."""
        values = {"incident": incident, "claim_id": claim_id, "most": most}
        with self._connect() as connection:
            rows = connection.execute(statement("ledger/events"), values).fetchall()
        return [_event(row) for row in rows]

    def state(self, incident: str) -> int:
        """Number of the incident's newest event; 0 when there is none."""
        with self._connect() as connection:
            return int(connection.execute(statement("ledger/state"), {"incident": incident}).fetchone()[0])

    def verify(self) -> int:
        """Check that no event was changed after the fact; returns how many were checked."""
        chain, count = "", 0
        with self._connect() as connection:
            for *told, stored in connection.execute(statement("ledger/all_events")):
                count += 1
                chain = _chain(chain, told)
                if chain != stored:
                    raise StoreError(
                        f"ledger {self.path}: event {count} does not fit its chain: restore the backup"
                    )
        return count

    def _append(self, connection: sqlite3.Connection, kind: str, values: dict[str, Any], actor: str) -> None:
        last = connection.execute(statement("ledger/last_chain")).fetchone()
        event = {
            "incident": values["incident"],
            "claim_id": values.get("claim_id"),
            "kind": kind,
            "actor": actor,
            "decided_at": values.get("updated_at") or values["decided_at"],
            "payload": json.dumps(values, ensure_ascii=False, sort_keys=True),
        }
        event["chain"] = _chain(last[0] if last else "", list(event.values()))
        connection.execute(statement("ledger/append_event"), event)


def _chain(previous: str, told: Sequence[object]) -> str:
    text = json.dumps([previous, *told], ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _named(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """Only the parameters that the statement names: sqlite3 accepts no others quietly."""
    text = statement(name)
    return {key: value for key, value in values.items() if f"${key}" in text}


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


def _event(row: Sequence[Any]) -> Event:
    event_id, incident, claim_id, kind, actor, decided_at, payload = row
    when = datetime.fromisoformat(decided_at)
    return Event(event_id, incident, claim_id, kind, actor, when, json.loads(payload))


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
