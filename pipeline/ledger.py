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
        if self.read_only and self._is_empty():
            connection = sqlite3.connect(":memory:", isolation_level=None)
            connection.executescript(statement("ledger/schema"))
        else:
            mode = "ro" if self.read_only else "rwc"
            try:
                connection = sqlite3.connect(
                    f"{self.path.resolve().as_uri()}?mode={mode}",
                    uri=True,
                    timeout=BUSY_SECONDS,
                    isolation_level=None,
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

    def _is_empty(self) -> bool:
        """No file yet, or one whose first writer was killed before its first commit."""
        return not self.path.exists() or self.path.stat().st_size == 0

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
            changed = connection.execute(statement(name), values).fetchone()
            if changed:
                self._append(connection, "triage", values, actor)
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
        latest: dict[tuple[str, str], dict[str, Any]] = {}
        with self._connect() as connection:
            for *told, stored in connection.execute(statement("ledger/all_events")):
                count += 1
                chain = _chain(chain, told)
                if chain != stored:
                    raise StoreError(
                        f"ledger {self.path}: event {count} does not fit its chain: restore the backup"
                    )
                if told[2] == "triage":
                    latest[told[0], told[1]] = json.loads(told[5])
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
