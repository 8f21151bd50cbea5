"""The worker's loop: look at the incidents, move turns on, start what is due, raise alerts, give a sign of life."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.errors import ChengqingError, IncidentError, UsageError
from pipeline.files import locked
from pipeline.incident import Incident, list_incidents
from pipeline.paths import DataDir
from pipeline.raw import finished_crawls
from pipeline.worker.book import Beat, Schedule, WorkerBook, worker_file
from pipeline.worker.cadence import Cadence
from pipeline.worker.chores import Chores, purge_steps
from pipeline.worker.turn import Plan, Turn, usual_plan

TICK_SECONDS = 1.0
BEAT_SECONDS = 5.0
BUSY = timedelta(seconds=30)
"""How long to leave an incident alone that somebody else is running."""

Watch = Callable[[Sequence[Incident], datetime], None]
"""Called on every tick with the open incidents: alerts."""


def _now() -> datetime:
    return datetime.now(UTC)


class Worker:
    """One per data folder. ``clock`` tells the time by which incidents are due; tests step it."""

    def __init__(
        self,
        data: DataDir,
        cadence: Cadence,
        *,
        plan: Plan = usual_plan,
        watch: Watch | None = None,
        clock: Callable[[], datetime] = _now,
        tick_seconds: float = TICK_SECONDS,
    ) -> None:
        self.data, self.cadence, self.plan, self.watch, self.clock = data, cadence, plan, watch, clock
        self.tick_seconds = tick_seconds
        self.book, self.chores = WorkerBook(worker_file(data)), Chores(data)
        self.turns: dict[str, Turn] = {}
        self.problem: str | None = None
        self.address: str | None = None
        self.ticked = time.monotonic()
        self._busy: dict[str, datetime] = {}
        self._started_at = clock()
        self._beaten: float | None = None
        self._stopping = threading.Event()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the one worker of the data folder while the block runs; ``UsageError`` when another is at work."""
        with locked(worker_file(self.data).with_name(".worker.lock"), wait=False) as mine:
            if not mine:
                raise UsageError(f"{self.data.root}: another worker is at work here; one is enough")
            now = self.clock()
            schedules = self.book.schedules()
            for incident in self.book.interrupted(now):
                if incident in schedules:
                    self.book.put(replace(schedules[incident], retry_at=now))
            yield

    def run(self) -> None:
        """Work until ``stop``; turns at work are then asked to stop and go on when the worker is back."""
        with self.alone():
            while not self._stopping.wait(self.tick_seconds):
                try:
                    self.tick()
                except ChengqingError as error:  # a busy or full disk passes; /healthz says late until it has
                    self.problem = str(error)
            self._stop_turns()

    def stop(self) -> None:
        """Stop soon; may be called from a signal handler or another thread."""
        self._stopping.set()

    def tick(self) -> None:
        """One look at everything; never waits for a child."""
        now = self.clock()
        problems: list[str] = []
        found = self._incidents(problems)
        schedules = self._in_step(found, now)
        for name in list(self.turns):
            self._move_on(name, schedules, now)
        for incident in found:
            if incident.id in schedules:
                self._start_if_due(incident, schedules[incident.id], now)
        self.chores.checklists(found, problems)
        for incident in self.chores.due_for_purge(found, now, problems):
            self._purge(incident, now)
        self._alert([i for i in found if i.closed_at is None], now, problems)
        self.problem = "; ".join(problems) or None
        self.ticked = time.monotonic()
        self._give_beat(now)

    def _incidents(self, problems: list[str]) -> list[Incident]:
        unreadable: list[IncidentError] = []
        found = list_incidents(self.data, unreadable.append)
        problems += [str(error) for error in unreadable]
        return found

    def _in_step(self, found: Sequence[Incident], now: datetime) -> dict[str, Schedule]:
        """Schedules of the open incidents. A file that cannot be read keeps its schedule; a closed one loses it."""
        schedules = self.book.schedules()
        is_open = {i.id: i.closed_at is None for i in found}
        for incident in found:
            if is_open[incident.id] and incident.id not in schedules:
                schedules[incident.id] = Schedule(incident.id, now)
                self.book.put(schedules[incident.id])
        for name in list(schedules):
            if not is_open.get(name, self.data.incident_file(name).exists()):
                del schedules[name]
                self.book.drop(name)
                if name in self.turns:
                    self.turns[name].stop()
        return schedules

    def _move_on(self, name: str, schedules: dict[str, Schedule], now: datetime) -> None:
        turn = self.turns[name]
        if turn.seconds > self.cadence.longest.total_seconds() and turn.asked_to_stop is None:
            turn.detail = f"took longer than {self.cadence.longest}; stopped"
            turn.stop()
        status = turn.poll()
        if status is None:
            return
        del self.turns[name]
        self.book.end(turn.turn_id, status, now, turn.codes, turn.detail)
        if name in schedules:
            schedules[name] = self._after(schedules[name], status, now)
            self.book.put(schedules[name])

    def _after(self, row: Schedule, status: str, now: datetime) -> Schedule:
        """After a turn: moments that passed while it lasted are skipped, a failure is tried again sooner."""
        taken = max(row.taken_at or row.began_at, self.cadence.latest(row.began_at, now))
        if status in ("done", "partly"):
            return replace(row, taken_at=taken, retry_at=None, failures=0)
        failures = row.failures + 1
        again = self.cadence.retry(row.began_at, now, failures)
        return replace(row, taken_at=taken, retry_at=again, failures=failures)

    def _start_if_due(self, incident: Incident, row: Schedule, now: datetime) -> None:
        full = len(self.turns) >= self.cadence.side_by_side
        if incident.id in self.turns or row.paused_by or full or self._is_busy(incident.id, now):
            return
        row = self._by_this_clock(row, now)
        due = self.cadence.latest(row.began_at, now)
        is_new = row.taken_at is None or due > row.taken_at
        if not is_new and not (row.retry_at and row.retry_at <= now):
            return
        if not incident.sources and not finished_crawls(self.data, incident.id):
            return  # nothing to read and nothing collected: a file that somebody is still writing
        turn = Turn(self.data, incident, self.plan(incident), due)
        if not turn.take_lock():
            self._busy[incident.id] = now + BUSY
            return
        missed = self._missed(row, due)
        self._begin(turn, now, missed, replace(row, taken_at=due, retry_at=None))

    def _purge(self, incident: Incident, now: datetime) -> None:
        """A turn of a closed incident: its posts go."""
        if incident.id in self.turns or len(self.turns) >= self.cadence.side_by_side:
            return
        turn = Turn(self.data, incident, purge_steps(incident, now), now)
        if turn.take_lock():
            self.chores.began(incident.id, now)
            self._begin(turn, now)

    def _begin(self, turn: Turn, now: datetime, missed: int = 0, row: Schedule | None = None) -> None:
        """Write down that a turn begins, and where its incident stands then; and let it."""
        name = turn.incident.id
        try:
            turn.turn_id = self.book.begin(name, turn.due_at, missed, now)
            if row:
                self.book.put(row)
        except BaseException:
            turn.release()
            raise
        self.turns[name] = turn
        turn.poll()

    def _missed(self, row: Schedule, due: datetime) -> int:
        if row.taken_at is None:
            return 0
        passed = self.cadence.number(row.began_at, due) - self.cadence.number(row.began_at, row.taken_at)
        return max(passed - 1, 0)

    def _is_busy(self, incident: str, now: datetime) -> bool:
        until = self._busy.get(incident)
        return until is not None and now < until <= now + BUSY

    def _by_this_clock(self, row: Schedule, now: datetime) -> Schedule:
        """A clock that was set back must not silence an incident: nothing is remembered of the future."""
        if row.began_at > now:
            row = replace(row, began_at=now, taken_at=now, retry_at=None)
        elif row.taken_at and row.taken_at > now:
            row = replace(row, taken_at=self.cadence.latest(row.began_at, now))
        else:
            return row
        self.book.put(row)
        return row

    def _alert(self, found: Sequence[Incident], now: datetime, problems: list[str]) -> None:
        if self.watch is None:
            return
        try:
            self.watch(found, now)
        except ChengqingError as error:  # said on the health page; turns go on
            problems.append(f"alerts: {error}")

    def _give_beat(self, now: datetime) -> None:
        moment = time.monotonic()
        if self._beaten is None or moment - self._beaten >= BEAT_SECONDS:
            self.book.put_beat(Beat(os.getpid(), self._started_at, now, self.address, self.problem))
            self._beaten = moment

    def _stop_turns(self) -> None:
        for turn in self.turns.values():
            turn.stop()
        while self.turns:
            time.sleep(0.05)
            for name, turn in list(self.turns.items()):
                status = turn.poll()
                if status is None:
                    continue
                now = self.clock()
                del self.turns[name]
                self.book.end(turn.turn_id, status, now, turn.codes, turn.detail)
                row = self.book.schedules().get(name)
                if row is not None:  # goes on at once when the worker is back
                    self.book.put(replace(row, retry_at=now))
