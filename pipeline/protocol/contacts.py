"""Entries of the contact directory that partners keep on the desk, each by the partner that owns it.

They lead to people, so they are no part of the append-only ledger: what is deleted here is gone. The ledger of this
file remembers who changed which entry, and when; not what it said.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import StaleVersion, StoreError
from pipeline.ledger.store import Store
from pipeline.paths import DataDir
from pipeline.protocol.directory import KINDS, MAX_TEXT_CHARS, MOST_ENTRIES, Entry, load_directory
from pipeline.statements import statement

MOST_CALLS, MOST_ON_CALL = 30, 999


def contact_file(data: DataDir) -> Path:
    """SQLite file of the directory, beside the ledger."""
    return data.root / "ledger" / "contacts.sqlite3"


def directory(data: DataDir) -> tuple[Entry, ...]:
    """Entries of ``data/directory.toml`` and those that partners keep; an id of the file wins."""
    written = load_directory(data)
    ids = {entry.id for entry in written}
    kept = ContactBook(contact_file(data), read_only=True).all()
    return (*written, *(entry for entry in kept if entry.id not in ids))


class ContactBook(Store):
    """Reads and writes the directory's file; one instance per call."""

    SCHEMAS = ("ledger/schema", "contacts/schema")

    def all(self) -> tuple[Entry, ...]:
        """Every entry, by owner and name."""
        with self.connect() as connection:
            rows = connection.execute(statement("contacts/all")).fetchall()
        return tuple(_entry(row) for row in rows)

    def save(self, entry: Entry, *, owner: str, actor: str) -> Entry:
        """Store an entry of ``owner``; one without an id is new. ``version`` is what the person saw.

        Raises ``StoreError`` when it cannot be stored, ``StaleVersion`` when somebody else was faster.
        """
        check(entry)
        made = entry.id or f"c-{secrets.token_hex(4)}"
        values = {"contact_id": made, "owner": owner, **_values(entry), "actor": actor, "moment": _now()}
        with self.writing() as connection:
            if entry.id:
                row = connection.execute(
                    statement("contacts/update"), values | {"version": entry.version}
                ).fetchone()
            else:
                if len(connection.execute(statement("contacts/all")).fetchall()) >= MOST_ENTRIES:
                    raise StoreError(
                        f"the directory has {MOST_ENTRIES} entries already: remove some first",
                        code="contacts_many",
                        most=MOST_ENTRIES,
                    )
                row = connection.execute(statement("contacts/insert"), values).fetchone()
            if row is None:
                raise _stale(entry)
            self._note(connection, "contact_saved", made, actor)
        return Entry(
            made, entry.kind, entry.name, entry.reach, entry.on_call, entry.calls, owner, int(row[0])
        )

    def remove(self, entry: Entry, *, owner: str, actor: str) -> None:
        """Delete an entry of ``owner`` for good; raises ``StaleVersion`` when it is another's or has changed."""
        values = {"contact_id": entry.id, "owner": owner, "version": entry.version}
        with self.writing() as connection:
            if connection.execute(statement("contacts/delete"), values).fetchone() is None:
                raise _stale(entry)
            self._note(connection, "contact_removed", entry.id, actor)
        self.leave_no_traces()

    def _note(self, connection: Any, kind: str, contact: str, actor: str) -> None:  # noqa: ANN401
        self.append(connection, kind, {"incident": "", "contact": contact}, actor, datetime.now(UTC))


def check(entry: Entry) -> None:
    """Raise ``StoreError`` when an entry cannot be stored."""
    if not entry.name.strip() or max(len(entry.name), len(entry.reach)) > MAX_TEXT_CHARS:
        raise StoreError(
            f"an entry has a name; name and reach have at most {MAX_TEXT_CHARS} characters",
            code="contact_name",
            most=MAX_TEXT_CHARS,
        )
    if entry.kind not in KINDS:
        raise StoreError(f"kind {entry.kind!r}: write one of {', '.join(KINDS)}", code="contact_kind")
    if entry.on_call is not None and not 1 <= entry.on_call <= MOST_ON_CALL:
        raise StoreError(
            f"the order on call is a whole number from 1 to {MOST_ON_CALL}",
            code="contact_order",
            most=MOST_ON_CALL,
        )
    if len(entry.calls) > MOST_CALLS:
        raise StoreError(f"an entry calls at most {MOST_CALLS} others", code="contact_calls", most=MOST_CALLS)


def _entry(row: Sequence[Any]) -> Entry:
    contact_id, kind, name, reach, order, calls, owner, version, *_ = row
    return Entry(contact_id, kind, name, reach, order, tuple(json.loads(calls)), owner, version)


def _values(entry: Entry) -> dict[str, object]:
    told: dict[str, object] = {"kind": entry.kind, "name": " ".join(entry.name.split())}
    return told | {
        "reach": " ".join(entry.reach.split()),
        "on_call": entry.on_call,
        "calls": json.dumps([call for call in dict.fromkeys(entry.calls) if call != entry.id]),
    }


def _stale(entry: Entry) -> StaleVersion:
    return StaleVersion(
        f"entry {entry.name}: somebody else changed it, or it belongs to another partner; look again",
        mine={"id": entry.id},
        theirs={},
        code="contact_changed",
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()
