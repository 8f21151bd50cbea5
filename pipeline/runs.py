"""The run registry: what the machine did, stage by stage, kept apart from what people decided."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pipeline.errors import StoreError
from pipeline.escape import for_terminal
from pipeline.paths import DataDir
from pipeline.statements import statement
from pipeline.versions import code_commit, code_version, lexicon_version

BUSY_SECONDS = 10.0

WAREHOUSE = "warehouse"
"""Key under which the stage publish notes the file that it made."""

MAX_ERROR_CHARS = 2_000


class LeftOut(StrEnum):
    """Why a stage left rows out; each is counted."""

    UNREADABLE = "row or item that an importer or spider could not read"
    WORDLESS = "no words of its own (a bare repost, link or picture): in no text group"
    LATER = "posted after the moment of the run: not in the ranking yet"


@dataclass(slots=True)
class StageRun:
    """One stage of one run: counts in and out, rejects with reasons, seconds, memory, and its files."""

    stage: str
    status: str
    stage_key: str
    rows_in: int | None = None
    rows_out: int | None = None
    rejects: dict[str, int] = field(default_factory=dict)
    seconds: float | None = None
    peak_mb: float | None = None
    files: dict[str, str] = field(default_factory=dict)
    """Lake files by table, relative to the incident's lake folder."""


@dataclass(slots=True)
class Run:
    """One batch run of one incident."""

    run_id: str
    status: str
    pid: int
    started_at: datetime
    finished_at: datetime | None
    as_of: datetime | None
    code_version: str
    encoder: str | None
    lexicon: str | None
    error: str | None
    stages: list[StageRun] = field(default_factory=list)


def run_lock(data: DataDir, incident: str) -> Path:
    """Held by the one run of an incident that may be at work."""
    return data.lake(incident) / ".lock"


class RunRegistry:
    """Reads and writes the registry. One instance per thread or call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as connection:
            connection.executescript(statement("ledger/runs_schema"))

    @contextlib.contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("pragma journal_mode = wal")
            yield connection
        except sqlite3.OperationalError as error:
            raise StoreError(f"run registry {self.path}: {error}; if it is busy, try again") from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"run registry {self.path}: {error}; move it away: only history is lost"
            ) from error
        finally:
            connection.close()

    def _execute(self, name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._connect() as connection:
            return connection.execute(statement(f"ledger/{name}"), values).fetchall()

    def start(self, incident: str, *, pid: int) -> str:
        """Begin a run and return its id, which sorts by time."""
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%dT%H%M%S%f}Z-{incident}"
        commit = code_commit()
        self._execute(
            "insert_run",
            {
                "run_id": run_id,
                "incident": incident,
                "pid": pid,
                "started_at": now.isoformat(),
                "as_of": None,
                "code_version": code_version() + (f" ({commit})" if commit else ""),
                "encoder": None,
                "lexicon": lexicon_version(),
            },
        )
        return run_id

    def describe(self, run_id: str, *, as_of: datetime | None = None, encoder: str | None = None) -> None:
        """Add what the stages found out: the ranking's moment, the encoder."""
        moment = as_of.isoformat() if as_of else None
        self._execute("describe_run", {"run_id": run_id, "as_of": moment, "encoder": encoder})

    def finish(self, run_id: str, status: str, error: str | None = None) -> None:
        """End a run: done, partial, replayed, failed or stopped."""
        now = datetime.now(UTC).isoformat()
        self._execute(
            "finish_run",
            {
                "run_id": run_id,
                "status": status,
                "finished_at": now,
                "error": error and for_terminal(error)[:MAX_ERROR_CHARS],
            },
        )

    def put_stage(self, run_id: str, position: int, stage: StageRun) -> None:
        """Record where a stage stands."""
        values = {
            "run_id": run_id,
            "position": position,
            "stage": stage.stage,
            "status": stage.status,
            "stage_key": stage.stage_key,
            "rows_in": stage.rows_in,
            "rows_out": stage.rows_out,
            "rejects": json.dumps(stage.rejects, ensure_ascii=False, sort_keys=True),
            "seconds": stage.seconds,
            "peak_mb": stage.peak_mb,
            "files": json.dumps(stage.files, sort_keys=True),
        }
        self._execute("put_stage", values)

    def runs(self, incident: str) -> list[Run]:
        """Runs of an incident with their stages, oldest first."""
        found = {row[0]: _run(row) for row in self._execute("runs_of", {"incident": incident})}
        for row in self._execute("stages_of", {"incident": incident}):
            found[row[0]].stages.append(_stage(row))
        return list(found.values())

    def published(self, incident: str, link: Path) -> Run | None:
        """The run that the warehouse at ``link`` shows, whatever its process lived to say; else the last done one."""
        runs = self.runs(incident)
        name = link.resolve().name
        shown = [run for run in runs if any(stage.files.get(WAREHOUSE) == name for stage in run.stages)]
        done = [run for run in runs if run.status == "done"]
        found = shown or done
        return found[-1] if found else None

    def mark_abandoned(self, incident: str, link: Path) -> list[str]:
        """Call while holding the run lock: whatever still says running was killed. Returns their ids.

        A run killed between publishing and saying so has published, and counts as done.
        """
        killed = [row[0] for row in self._execute("abandoned", {"incident": incident})]
        shown = self.published(incident, link)
        for run_id in killed:
            if shown is not None and run_id == shown.run_id and link.exists():
                self.finish(run_id, "done")
            else:
                self.finish(
                    run_id, "stopped", "the process was killed; the next run goes on where it stopped"
                )
        return killed


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _run(row: tuple[Any, ...]) -> Run:
    run_id, status, pid, started, finished, as_of, code, encoder, lexicon, error = row
    begun = datetime.fromisoformat(started)
    return Run(run_id, status, pid, begun, _time(finished), _time(as_of), code, encoder, lexicon, error)


def _stage(row: tuple[Any, ...]) -> StageRun:
    _, stage, status, key, rows_in, rows_out, rejects, seconds, peak, files = row
    return StageRun(
        stage, status, key, rows_in, rows_out, json.loads(rejects or "{}"), seconds, peak, json.loads(files)
    )
