"""One SQLite file of what people decided: append-only events in a hash chain, and the rooms that others add.

SQLite in WAL mode on one machine: many readers, one writer at a time, each write a few milliseconds. A kind of
decision is a subclass of ``Store`` with tables of its own; each of its writes appends an event in the same transaction.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pipeline.errors import StoreError
from pipeline.ledger.readers import READERS, Reader
from pipeline.statements import statement

BUSY_SECONDS = 10.0
"""How long a writer waits for another writer; writes take milliseconds, so this is for a stuck disk."""


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

    @classmethod
    def of(cls, row: Sequence[Any]) -> Event:
        """From a row of the table."""
        event_id, incident, claim_id, kind, actor, decided_at, payload = row
        when = datetime.fromisoformat(decided_at)
        return cls(event_id, incident, claim_id, kind, actor, when, json.loads(payload))


class Store:
    """Reads and appends. One instance per thread or call; a reader costs next to nothing, a writer a millisecond."""

    SCHEMAS: ClassVar[tuple[str, ...]] = ("ledger/schema",)
    """Statements that make the tables this class needs, each safe to run again; the events come first."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path, self.read_only = path, read_only
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
            with self.connect() as connection:
                self._make(connection)

    @contextlib.contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        """A connection for one question or transaction. What SQLite refuses becomes ``StoreError``."""
        try:
            with self._reading() if self.read_only else contextlib.closing(self._open()) as connection:
                yield connection
        except sqlite3.DatabaseError as error:
            raise StoreError(f"ledger {self.path}: {error}", code="ledger_unreadable") from error

    def _open(self) -> sqlite3.Connection:
        mode = "ro" if self.read_only else "rwc"
        address = f"{self.path.resolve().as_uri()}?mode={mode}"
        try:
            connection = sqlite3.connect(
                address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            if not self.read_only:
                connection.execute("pragma journal_mode = wal")
                connection.execute("pragma synchronous = full")
        except sqlite3.Error as error:
            raise StoreError(
                f"ledger {self.path}: {error}; restore it from the backup", code="ledger_unreadable"
            ) from error
        return connection

    def _make(self, connection: sqlite3.Connection) -> None:
        for name in self.SCHEMAS:
            connection.executescript(statement(name))

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """The file, or an empty one in memory while there is nothing to read yet: no file, one whose first writer was
        killed, or no room of this kind in it."""
        if self.path.exists() and self.path.stat().st_size:
            with READERS.borrowed(self.path, self._open) as reader:
                if self._is_complete(reader):
                    yield reader.connection
                    return
        with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            connection.deserialize(_empty(self.SCHEMAS))
            yield connection

    def _is_complete(self, reader: Reader) -> bool:
        if self.SCHEMAS in reader.complete:
            return True
        try:
            known = {row[0] for row in reader.connection.execute(statement("ledger/table_names"))}
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"ledger {self.path}: {error}; restore it from the backup", code="ledger_unreadable"
            ) from error
        if not _tables_of(self.SCHEMAS) <= known:
            return False
        reader.complete.add(self.SCHEMAS)
        return True

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that holds the write lock from its start, so that the chain has no forks."""
        with self.connect() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")
            connection.execute(
                "pragma wal_checkpoint(passive)"
            )  # readers stay open, so closing no longer does it

    def leave_no_traces(self) -> None:
        """Make the file anew without what was deleted: SQLite leaves it in free pages and in its log."""
        with self.connect() as connection:
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")

    def fetch(self, name: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Rows of ``sql/ledger/<name>.sql``."""
        with self.connect() as connection:
            return connection.execute(statement(f"ledger/{name}"), values).fetchall()

    def append(
        self,
        connection: sqlite3.Connection,
        kind: str,
        values: Mapping[str, Any],
        actor: str,
        decided_at: datetime,
    ) -> int:
        """Append an event inside a ``writing`` transaction and return its number.

        ``values`` names the incident and, if any, the claim_id.
        """
        last = connection.execute(statement("ledger/last_chain")).fetchone()
        event = {
            "incident": values["incident"],
            "claim_id": values.get("claim_id"),
            "kind": kind,
            "actor": actor,
            "decided_at": decided_at.isoformat(),
            "payload": json.dumps(dict(values), ensure_ascii=False, sort_keys=True),
        }
        event["chain"] = _chain(last[0] if last else "", list(event.values()))
        return int(connection.execute(statement("ledger/append_event"), event).fetchone()[0])

    def events(self, incident: str, claim_id: str | None = None, most: int = 1_000_000) -> list[Event]:
        """What people did, newest first."""
        values = {"incident": incident, "claim_id": claim_id, "most": most}
        return [Event.of(row) for row in self.fetch("events", values)]

    def state(self, incident: str) -> int:
        """Number of the incident's newest event; 0 when there is none."""
        return int(self.fetch("state", {"incident": incident})[0][0])

    def mark(self, incident: str) -> str:
        """What is the same exactly as long as nothing was decided in the incident, and in no other ledger."""
        return " ".join(str(value) for row in self.fetch("mark", {"incident": incident}) for value in row)

    def newest_about(self, incident: str, claims: Sequence[str]) -> int:
        """Number of the newest event about one of ``claims``, or about no claim; 0 when there is none."""
        rows = self.fetch("newest_about", {"incident": incident, "claims": json.dumps(list(claims))})
        return int(rows[0][0]) if rows else 0

    def chained(self, connection: sqlite3.Connection) -> Iterator[Sequence[Any]]:
        """Each event's incident, claim_id, kind, actor, time and payload, oldest first; a changed one is an error."""
        chain = ""
        for count, (*told, stored) in enumerate(connection.execute(statement("ledger/all_events")), 1):
            chain = _chain(chain, told)
            if chain != stored:
                raise StoreError(
                    f"ledger {self.path}: event {count} does not fit its chain: restore the backup",
                    code="ledger_unreadable",
                )
            yield told


@cache
def _empty(schemas: tuple[str, ...]) -> bytes:
    """A ledger with these tables and nothing in them: making it anew for each question costs a tenth of a page."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for name in schemas:
            connection.executescript(statement(name))
        return bytes(connection.serialize())


@cache
def _tables_of(schemas: tuple[str, ...]) -> frozenset[str]:
    """Names of the tables that these schemas make."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for name in schemas:
            connection.executescript(statement(name))
        return frozenset(row[0] for row in connection.execute(statement("ledger/table_names")))


def _chain(previous: str, told: Sequence[object]) -> str:
    text = json.dumps([previous, *told], ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
