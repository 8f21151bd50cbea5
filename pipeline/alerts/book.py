"""What was raised, who waits to be told, and what went out: one SQLite file beside the ledger.

An alert has a key and is raised once. A message is stored word for word before it is sent, and sent again under its id
until its taking is known: a kill between the two may send it twice with one id, and never loses it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.escape import for_terminal
from pipeline.ledger.store import Store
from pipeline.paths import DataDir
from pipeline.statements import statement

MAX_ERROR_CHARS = 500
_FORGETTING = ("forget_claims", "forget_messages", "forget_waiting", "assign_anew")


def alert_file(data: DataDir) -> Path:
    """SQLite file of alerts and messages."""
    return data.root / "ledger" / "alerts.sqlite3"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody should know. ``told`` are the values of its sentence, in no language."""

    key: str
    incident: str
    kind: str
    rule: str
    urgent: bool
    told: Mapping[str, Any]
    raised_at: datetime
    partner: str | None = None
    alert_id: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert with what became of its messages."""

    alert: Alert
    waiting: int
    sent: int
    failed: int


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to one person on one channel."""

    message_id: str
    person: str
    channel: str
    content: Mapping[str, Any]
    state: str
    attempts: int
    made_at: datetime
    next_at: datetime
    sent_at: datetime | None
    error: str | None


@dataclass(slots=True)
class Raised:
    """What one look at an incident found: alerts, and what counts as seen from now on, by scope."""

    alerts: list[Alert] = field(default_factory=list)
    seen: list[tuple[str, str, str]] = field(default_factory=list)


class AlertBook(Store):
    """Reads and writes the alerts' file; one instance per thread or call."""

    SCHEMAS = ("ledger/schema", "alerts/schema")

    def _rows(self, name: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(statement(f"alerts/{name}"), values).fetchall()

    def raise_all(self, raised: Raised, told: Mapping[str, Sequence[tuple[str, str]]]) -> int:
        """Store what is new, with who is to be told (``told``: person and channel by key); returns how many were.

        One transaction: after a kill either everything stands or the next look finds it again.
        """
        if not raised.alerts and not raised.seen:
            return 0
        count = 0
        with self.writing() as connection:
            for alert in raised.alerts:
                count += _raise(connection, alert, told.get(alert.key, ()))
            for incident, scope, item in raised.seen:
                values = {"incident": incident, "scope": scope, "item": item}
                connection.execute(statement("alerts/insert_known"), values)
        return count

    def known(self, incident: str, scope: str) -> set[str]:
        """What was seen before."""
        return {row[0] for row in self._rows("known", {"incident": incident, "scope": scope})}

    def alerts(self, incident: str | None = None, most: int = 200) -> list[Shown]:
        """The last alerts, the latest first."""
        rows = self._rows("alerts", {"incident": incident, "most": most})
        return [Shown(_alert(row[:9]), *row[9:]) for row in rows]

    def waiting(self) -> dict[tuple[str, str], list[Alert]]:
        """By person and channel: alerts in no message yet, the oldest first."""
        found: dict[tuple[str, str], list[Alert]] = {}
        for person, channel, *row in self._rows("waiting", {}):
            found.setdefault((person, channel), []).append(_alert(row))
        return found

    def messages(self, state: str | None = None, since: datetime | None = None) -> list[Message]:
        """Messages, the oldest first."""
        values = {"state": state, "since": since.isoformat() if since else None}
        return [_message(row) for row in self._rows("messages", values)]

    def make(
        self,
        message_id: str,
        person: str,
        channel: str,
        content: Mapping[str, Any],
        alerts: Iterable[Alert],
        now: datetime,
    ) -> None:
        """Store a message and which alerts are in it, before anything is sent."""
        who = {"message_id": message_id, "person": person, "channel": channel}
        with self.writing() as connection:
            text = json.dumps(content, ensure_ascii=False, sort_keys=True)
            values = {**who, "content": text, "made_at": now.isoformat()}
            connection.execute(statement("alerts/insert_message"), values)
            for alert in alerts:
                connection.execute(statement("alerts/assign"), {**who, "alert_id": alert.alert_id})

    def forget(self, incident: str) -> None:
        """Take what posts said out of an incident's alerts and messages, and out of the file; the alerts stay.

        A message that still waits is made anew without the words.
        """
        with self.writing() as connection:
            for name in _FORGETTING:
                connection.execute(statement(f"alerts/{name}"), {"incident": incident})
        self.leave_no_traces()

    def tried(
        self,
        message: Message,
        state: str,
        *,
        next_at: datetime,
        sent_at: datetime | None = None,
        error: str | None = None,
    ) -> None:
        """How an attempt ended."""
        values = {"message_id": message.message_id, "state": state, "attempts": message.attempts + 1}
        values |= {"next_at": next_at.isoformat(), "sent_at": sent_at.isoformat() if sent_at else None}
        values["error"] = for_terminal(error)[:MAX_ERROR_CHARS] if error else None
        self._rows("put_message", values)


def _raise(connection: sqlite3.Connection, alert: Alert, told: Sequence[tuple[str, str]]) -> int:
    values = {n: getattr(alert, n) for n in ("key", "incident", "kind", "rule", "partner")}
    values |= {"urgent": int(alert.urgent), "raised_at": alert.raised_at.isoformat()}
    values["told"] = json.dumps(dict(alert.told), ensure_ascii=False, sort_keys=True)
    row = connection.execute(statement("alerts/insert_alert"), values).fetchone()
    if row is None:
        return 0
    for person, channel in told:
        delivery = {"alert_id": row[0], "person": person, "channel": channel}
        connection.execute(statement("alerts/insert_delivery"), delivery)
    return 1


def _alert(row: Sequence[Any]) -> Alert:
    alert_id, key, incident, kind, rule, urgent, partner, told, raised_at = row
    at = datetime.fromisoformat(raised_at)
    return Alert(key, incident, kind, rule, bool(urgent), json.loads(told), at, partner, alert_id)


def _message(row: Sequence[Any]) -> Message:
    message_id, person, channel, content, state, attempts, made, coming, sent, error = row
    made_at, next_at = datetime.fromisoformat(made), datetime.fromisoformat(coming)
    sent_at = datetime.fromisoformat(sent) if sent else None
    return Message(
        message_id, person, channel, json.loads(content), state, attempts, made_at, next_at, sent_at, error
    )
