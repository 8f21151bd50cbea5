"""What the worker remembers: one SQLite file beside the ledger. Losing it costs one extra turn per incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.escape import for_terminal
from pipeline.ledger.store import Store
from pipeline.paths import DataDir
from pipeline.statements import statement

MAX_DETAIL_CHARS = 1_000


def worker_file(data: DataDir) -> Path:
    """SQLite file of the worker's schedule, turns and heartbeat."""
    return data.root / "ledger" / "worker.sqlite3"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Where an incident stands. ``taken_at`` is the last moment of its grid that a turn was made for."""

    incident: str
    began_at: datetime
    taken_at: datetime | None = None
    retry_at: datetime | None = None
    failures: int = 0
    paused_by: str | None = None


@dataclass(frozen=True, slots=True)
class TurnRow:
    """One turn as it is remembered; ``missed`` moments were caught up by it."""

    turn_id: int
    incident: str
    due_at: datetime
    missed: int
    started_at: datetime
    finished_at: datetime | None
    status: str
    crawl_code: int | None
    run_code: int | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Beat:
    """The worker's last sign of life."""

    pid: int
    started_at: datetime
    beat_at: datetime
    address: str | None
    problem: str | None


class WorkerBook(Store):
    """Reads and writes the worker's file; one instance per thread or call."""

    SCHEMAS = ("ledger/schema", "worker/schema")

    def _rows(self, name: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(statement(f"worker/{name}"), _plain(values or {})).fetchall()

    def schedules(self) -> dict[str, Schedule]:
        """Every incident that is looked after."""
        return {
            row[0]: Schedule(row[0], datetime.fromisoformat(row[1]), _time(row[2]), _time(row[3]), *row[4:])
            for row in self._rows("schedules")
        }

    def put(self, row: Schedule) -> None:
        """Remember where an incident stands; a pause stays as it is."""
        names = ("incident", "began_at", "taken_at", "retry_at", "failures")
        self._rows("put_schedule", {name: getattr(row, name) for name in names})

    def drop(self, incident: str) -> None:
        """Forget a closed incident."""
        self._rows("drop_schedule", {"incident": incident})

    def pause(self, incident: str, by: str, now: datetime, *, on: bool = True) -> None:
        """Stop making turns for an incident, or (``on`` false) go on; both are events in the name of ``by``."""
        values = {"incident": incident, "now": now.isoformat(), "paused_by": by if on else None}
        with self.writing() as connection:
            connection.execute(statement("worker/pause"), values)
            self.append(connection, "pause" if on else "resume", {"incident": incident}, by, now)

    def begin(self, incident: str, due_at: datetime, missed: int, now: datetime) -> int:
        """A turn begins; returns its number."""
        values = {"incident": incident, "due_at": due_at, "missed": missed, "started_at": now}
        return int(self._rows("begin_turn", values)[0][0])

    def end(self, turn_id: int, status: str, now: datetime, codes: Mapping[str, int], detail: str) -> None:
        """A turn ends; ``codes`` are the exit codes of its steps, ``detail`` what the last one that failed said."""
        values = {"turn_id": turn_id, "status": status, "finished_at": now}
        values |= {f"{step}_code": codes.get(step) for step in ("crawl", "run")}
        self._rows("end_turn", values | {"detail": for_terminal(detail)[:MAX_DETAIL_CHARS] or None})

    def turns(self, incident: str | None = None, most: int = 50) -> list[TurnRow]:
        """The last turns, the latest first."""
        rows = self._rows("turns", {"incident": incident, "most": most})
        return [_turn(row) for row in rows]

    def interrupted(self, now: datetime) -> list[str]:
        """Mark the turns whose worker was killed; returns their incidents. Only the one worker may call it."""
        return [row[0] for row in self._rows("interrupted", {"now": now})]

    def put_beat(self, beat: Beat) -> None:
        """Remember a sign of life."""
        names = ("pid", "started_at", "beat_at", "address", "problem")
        self._rows("put_beat", {name: getattr(beat, name) for name in names})

    def beat(self) -> Beat | None:
        """The last sign of life; ``None`` before the first."""
        rows = self._rows("beat")
        return Beat(rows[0][0], _at(rows[0][1]), _at(rows[0][2]), *rows[0][3:]) if rows else None


def _turn(row: tuple[Any, ...]) -> TurnRow:
    turn_id, incident, due, missed, started, finished, *rest = row
    return TurnRow(turn_id, incident, _at(due), missed, _at(started), _time(finished), *rest)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items()}


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
