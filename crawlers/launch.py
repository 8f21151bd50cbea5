"""Several sources side by side, each in its own process: one that fails, hangs or is killed hurts no other."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from crawlers.run import STOPPED_EXIT, Job
from pipeline.raw import GOOD_ENDS

PARALLEL = 4
_TAIL = 1_500
OnEvent = Callable[[str, dict[str, Any]], None]


@dataclass(slots=True)
class Outcome:
    """How one source's crawl ended."""

    source: str
    exit_code: int
    summary: dict[str, Any] = field(default_factory=dict)
    message: str | None = None

    @property
    def why(self) -> str:
        """Why it ended, in one word or two."""
        return str(self.summary.get("stopped_because") or "error")

    @property
    def good(self) -> bool:
        """Whether nobody needs to look."""
        return self.exit_code == 0 and self.why in GOOD_ENDS

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        why = {"stopped_because": self.why, "detail": self.message or self.summary.get("detail")}
        return {"source": self.source, **self.summary, **why, "exit_code": self.exit_code}


class Children:
    """The running child processes; a stop reaches each of them exactly once."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self.stopping = False

    def start(self, job: Job, log: Any) -> subprocess.Popen[str] | None:  # noqa: ANN401  any open file
        """Start a child, unless a stop came first."""
        with self._lock:
            if self.stopping:
                return None
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "crawlers.run"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C at a terminal reaches us alone; we pass it on once
            )
            self._running.add(child)
        return child

    def ended(self, child: subprocess.Popen[str]) -> None:
        """Forget a child that ended."""
        with self._lock:
            self._running.discard(child)

    def stop(self) -> None:
        """Ask every child to stop between two pages."""
        with self._lock:
            first, self.stopping = not self.stopping, True
            for child in self._running:
                if first:
                    child.terminate()
                else:
                    child.kill()


@contextlib.contextmanager
def _stopping_on_signals(children: Children) -> Iterator[None]:
    """The first SIGINT or SIGTERM stops the children cleanly, the second kills them."""

    def handle(number: int, frame: FrameType | None) -> None:
        threading.Thread(target=children.stop, daemon=True).start()  # never take a lock inside a handler

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def crawl_sources(jobs: list[Job], on_event: OnEvent, parallel: int = PARALLEL) -> list[Outcome]:
    """Crawl every job's source, ``parallel`` at a time; outcomes in the jobs' order."""
    children = Children()
    with _stopping_on_signals(children), ThreadPoolExecutor(max_workers=max(1, parallel)) as pool:
        running = [pool.submit(_crawl_one, job, children, on_event) for job in jobs]
        return [one.result() for one in running]


def _crawl_one(job: Job, children: Children, on_event: OnEvent) -> Outcome:
    outcome = Outcome(job.source["name"], STOPPED_EXIT, message="stopped before it began")
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        child = children.start(job, log)
        if child is None:
            outcome.summary = {"stopped_because": "stopped"}
            return outcome
        try:
            _listen(child, job, outcome, on_event)
        finally:
            if child.stdout is not None:
                child.stdout.close()
            outcome.exit_code = child.wait()
            children.ended(child)
        if outcome.exit_code == -signal.SIGTERM and children.stopping:  # it had not begun to listen
            outcome.message, outcome.summary = "stopped before it began", {"stopped_because": "stopped"}
        outcome.message = outcome.message if outcome.summary or outcome.message != _BEGUN else _tail(log)
    return outcome


_BEGUN = "begun"


def _listen(child: subprocess.Popen[str], job: Job, outcome: Outcome, on_event: OnEvent) -> None:
    outcome.message = _BEGUN
    if child.stdin is None or child.stdout is None:
        return
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(job.to_line() + "\n")
        child.stdin.close()
    for line in child.stdout:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a library's print is no event
        if event.get("event") == "summary":
            outcome.summary, outcome.message = event["summary"], None
        elif event.get("event") == "failed":
            outcome.message = event["message"]
        on_event(outcome.source, event)


def _tail(log: Any) -> str:  # noqa: ANN401  any open file
    log.seek(0)
    written = log.read()[-_TAIL:].strip()
    return f"the crawl's process died: {written.splitlines()[-1] if written else 'it left no word'}"
