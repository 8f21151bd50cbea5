"""One turn of one incident: its steps as child processes, one after the other, watched without waiting.

The turn's lock is handed down to the children, so it is held as long as any of them lives, even when the worker itself
was killed: a new worker cannot start a second turn beside a child that was left over.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from pipeline.files import locked
from pipeline.incident import Incident
from pipeline.paths import DataDir
from pipeline.runs import run_lock

TAIL_BYTES = 2_000
GRACE_SECONDS = 20.0
"""How long a child that was asked to stop may take before it is killed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A child process of a turn; a step that ``must`` go well makes the turn fail when it does not."""

    name: str
    command: Sequence[str]
    must: bool


Plan = Callable[[Incident], Sequence[Step]]


def usual_plan(incident: Incident) -> list[Step]:
    """Crawl, where there are sources, then run; a source that refused does not keep the rest from being ranked."""
    chengqing = (sys.executable, "-P", "-m", "pipeline.cli")
    run = Step("run", (*chengqing, "run", incident.id), must=True)
    crawl = Step("crawl", (*chengqing, "crawl", incident.id), must=False)
    return [crawl, run] if incident.sources else [run]


class Turn:
    """A turn while it lasts; ``poll`` moves it on."""

    def __init__(self, data: DataDir, incident: Incident, steps: Sequence[Step], due_at: datetime) -> None:
        self.data, self.incident, self.due_at = data, incident, due_at
        self.turn_id = 0
        self.codes: dict[str, int] = {}
        self.detail = ""
        self.asked_to_stop: float | None = None
        self._waiting = list(steps)
        self._failed = False
        self._started = time.monotonic()
        self._child: subprocess.Popen[bytes] | None = None
        self._step: Step | None = None
        self._log: IO[bytes] | None = None
        self._lock: int | None = None

    def take_lock(self) -> bool:
        """Hold the incident; False while an earlier turn's child, or a person's run, is at work."""
        folder = self.data.lake(self.incident.id)
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".turn.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        with locked(run_lock(self.data, self.incident.id), wait=False) as free:
            if free:
                self._lock = handle
            else:
                os.close(handle)
            return free

    def poll(self) -> str | None:
        """Move on; returns how the turn ended, or None while it lasts: done, partly, failed or stopped."""
        if self._child is not None and not self._reap():
            self._hurry()
            return None
        if self.asked_to_stop is None and not self._failed and self._waiting:
            self._next()
            return None
        self.release()
        if self.asked_to_stop is not None:
            return "stopped"
        return "failed" if self._failed else "partly" if any(self.codes.values()) else "done"

    def stop(self) -> None:
        """Ask the child to stop cleanly; the steps that wait are left out."""
        if self.asked_to_stop is None:
            self.asked_to_stop = time.monotonic()
            self._signal(signal.SIGINT)

    @property
    def seconds(self) -> float:
        """How long it has lasted, by a clock that nobody sets."""
        return time.monotonic() - self._started

    def _next(self) -> None:
        self._step = self._waiting.pop(0)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed when the child ends
        self._child = subprocess.Popen(
            list(self._step.command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            env=os.environ | {"CHENGQING_DATA": str(self.data.root)},
            start_new_session=True,  # Ctrl-C at a terminal reaches the worker alone; it passes it on once
            pass_fds=() if self._lock is None else (self._lock,),
        )

    def _reap(self) -> bool:
        """Whether the child has ended; then its exit code and last words are kept."""
        code = self._child.poll() if self._child else 0
        if code is None or self._step is None:
            return False
        self.codes[self._step.name] = code
        told = self._last_words()
        if code and self.asked_to_stop is None:
            said = f"{self._step.name}: {told or f'ended with {code}'}"
            self.detail = f"{self.detail}; {said}" if self.detail else said
        self._failed |= self._step.must and code != 0
        self._child = None
        return True

    def _last_words(self) -> str:
        if self._log is None:
            return ""
        with self._log as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(size - TAIL_BYTES, 0))
            lines = log.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _hurry(self) -> None:
        if self.asked_to_stop is not None and time.monotonic() - self.asked_to_stop > GRACE_SECONDS:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(number)

    def release(self) -> None:
        """Let go of the incident."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
