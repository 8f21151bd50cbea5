"""What was done of the protocol, and who has the watch: ledger events, so that who and when stand for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.errors import StaleVersion, StoreError
from pipeline.ledger.store import Event, Store
from pipeline.statements import statement

MAX_NOTE_CHARS = 5_000
CHECKLIST, TASK, WATCH = "checklist", "task", "watch"


@dataclass(frozen=True, slots=True)
class Ticked:
    """Where a task stands: done or undone, by whom and when. ``event_id`` is what the next change must have seen."""

    event_id: int
    task: str
    done: bool
    actor: str
    told_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Who has the watch since when, from whom it was taken over, and the note of the hand-over."""

    event_id: int
    partner: str
    before: str
    actor: str
    told_at: datetime
    note: str


class Checklist(Store):
    """The checklist of incidents and the hand-overs of the watch."""

    def open(
        self, incident: str, tasks: Mapping[str, datetime], *, actor: str, now: datetime | None = None
    ) -> bool:
        """Make an incident's checklist: task ids with when each is due. False when it has one already."""
        told = {"incident": incident, "tasks": [[task, due.isoformat()] for task, due in tasks.items()]}
        with self.writing() as connection:
            if self._latest(connection, incident, CHECKLIST):
                return False
            self.append(connection, CHECKLIST, told, actor, now or datetime.now(UTC))
        return True

    def due(self, incident: str) -> dict[str, datetime]:
        """Tasks of the checklist with when each is due; empty before it was made."""
        made = self._told(incident, CHECKLIST)
        tasks = made[0].payload["tasks"] if made else []
        return {str(task): datetime.fromisoformat(due) for task, due in tasks}

    def tick(
        self,
        incident: str,
        task: str,
        done: bool,
        *,
        actor: str,
        note: str = "",
        seen: int = 0,
        now: datetime | None = None,
    ) -> Ticked:
        """Say that a task is done, or not after all. ``seen``: the event that the person saw (0: none).

        Raises ``StaleVersion`` when somebody else was faster, ``StoreError`` when there is no such task.
        """
        check_note(note)
        if task not in self.due(incident):
            raise StoreError(
                f"incident {incident} has no task {task!r} in its checklist", code="task_unknown"
            )
        told = {"incident": incident, "task": task, "done": done, "note": note.strip()}
        moment = now or datetime.now(UTC)
        with self.writing() as connection:
            last = self._latest(connection, incident, TASK, ("task", task))
            if (last.event_id if last else 0) != seen:
                theirs = last.payload if last else {}
                raise StaleVersion(
                    f"task {task}: somebody else was faster; look again",
                    mine=told,
                    theirs=theirs,
                    code="others_first",
                )
            number = self.append(connection, TASK, told, actor, moment)
        return Ticked(number, task, done, actor, moment, note.strip())

    def ticked(self, incident: str) -> dict[str, Ticked]:
        """Where each task stands that anybody ticked."""
        return {event.payload["task"]: _ticked(event) for event in self._told(incident, TASK)}

    def hand_over(
        self,
        incident: str,
        partner: str,
        *,
        actor: str,
        note: str,
        seen: int = 0,
        first: str = "",
        now: datetime | None = None,
    ) -> Watch:
        """Give the watch to ``partner`` with a note of what is open. ``first``: who has it before any hand-over.

        Raises ``StoreError`` without a note or when the partner has it already, ``StaleVersion`` as ``tick`` does.
        """
        check_note(note)
        if not note.strip():
            raise StoreError(
                "a hand-over needs a note: what is open, what was promised, whom to call", code="watch_note"
            )
        moment = now or datetime.now(UTC)
        with self.writing() as connection:
            last = self._latest(connection, incident, WATCH)
            before = str(last.payload["partner"]) if last else first
            told: dict[str, object] = {
                "incident": incident,
                "partner": partner,
                "before": before,
                "note": note.strip(),
            }
            if (last.event_id if last else 0) != seen:
                theirs = last.payload if last else {}
                raise StaleVersion(
                    "the watch was handed over since; look again",
                    mine=told,
                    theirs=theirs,
                    code="watch_moved",
                )
            if before == partner:
                raise StoreError(f"{partner} has the watch already", code="watch_theirs", partner=partner)
            number = self.append(connection, WATCH, told, actor, moment)
        return Watch(number, partner, before, actor, moment, note.strip())

    def watches(self, incident: str) -> list[Watch]:
        """Hand-overs, oldest first: the last has the watch."""
        return [_watch(event) for event in self._told(incident, WATCH)]

    def _told(self, incident: str, kind: str) -> list[Event]:
        values = {"incident": incident, "claim_id": None, "kind": kind}
        return [Event.of(row) for row in self.fetch("items", values)]

    def _latest(
        self,
        connection: sqlite3.Connection,
        incident: str,
        kind: str,
        where: tuple[str, str] | None = None,
    ) -> Event | None:
        values = {"incident": incident, "claim_id": None, "kind": kind}
        found = [Event.of(row) for row in connection.execute(statement("ledger/items"), values)]
        if where:
            found = [event for event in found if event.payload[where[0]] == where[1]]
        return found[-1] if found else None


def check_note(note: str) -> None:
    """Raise ``StoreError`` when a note is too long."""
    if len(note) > MAX_NOTE_CHARS:
        raise StoreError(
            f"note of {len(note)} characters: at most {MAX_NOTE_CHARS}",
            code="text_long",
            given=len(note),
            most=MAX_NOTE_CHARS,
        )


def _ticked(event: Event) -> Ticked:
    told = event.payload
    return Ticked(
        event.event_id, told["task"], bool(told["done"]), event.actor, event.decided_at, told["note"]
    )


def _watch(event: Event) -> Watch:
    told = event.payload
    return Watch(event.event_id, told["partner"], told["before"], event.actor, event.decided_at, told["note"])
