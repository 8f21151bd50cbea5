"""The worker: when turns are made, what happens when they fail, overlap or are killed, and when clocks are set."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from conftest import make_incident
from pipeline.cli.worker import worker as command
from pipeline.errors import UsageError
from pipeline.files import locked
from pipeline.incident import Incident, save_incident_text
from pipeline.paths import DataDir
from pipeline.runs import run_lock
from pipeline.worker import Cadence, WorkerBook, load_cadence, worker_file
from pipeline.worker.cadence import DEFAULT_PHASES, cadence_file
from pipeline.worker.health import answering, health
from pipeline.worker.loop import Worker
from pipeline.worker.turn import Plan, Step, usual_plan

BEGAN = datetime(2026, 3, 13, 5, 40, tzinfo=UTC)
SOURCE = '\n[[sources]]\nname = "town"\nfamily = "feed"\nurl = "https://example.org/feed.xml"\n'
MINUTE = timedelta(minutes=1)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-S", "-c", code)


def plan_of(code: str = "") -> Plan:
    """A plan whose run is this Python text instead of the pipeline."""
    return lambda incident: [Step("run", python(code), must=True)]


class Stepped:
    """A worker whose clock stands until it is moved."""

    def __init__(self, data: DataDir, plan: Plan | None = None, cadence: Cadence | None = None) -> None:
        self.now = BEGAN
        self.worker = Worker(
            data, cadence or Cadence(), plan=plan or plan_of(), clock=lambda: self.now, tick_seconds=0.01
        )

    def settle(self) -> None:
        """Tick until nothing is at work."""
        self.worker.tick()
        self.until(lambda: not self.worker.turns)

    def until(self, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < limit, "it did not come to that"
            time.sleep(0.01)
            self.worker.tick()

    def after(self, span: timedelta) -> None:
        self.now += span
        self.settle()

    def rows(self) -> list[tuple[str, str, int]]:
        """(due as minutes since the beginning, status, missed), oldest first."""
        found = self.worker.book.turns(most=1_000)[::-1]
        return [(str((t.due_at - BEGAN) // MINUTE), t.status, t.missed) for t in found]


@pytest.fixture
def fire(data: DataDir) -> Incident:
    return make_incident(data, "fire", SOURCE)


# -- the grid --------------------------------------------------------------------------------------------------------


def test_the_grid_is_every_ten_minutes_then_hourly_then_daily() -> None:
    cadence, at, gaps = Cadence(), BEGAN, []
    for _ in range(36 + 72 + 3):
        following = cadence.following(BEGAN, at)
        assert cadence.latest(BEGAN, following - timedelta(microseconds=1)) == at
        assert cadence.latest(BEGAN, following) == following
        assert cadence.number(BEGAN, following) == cadence.number(BEGAN, at) + 1
        gaps.append(following - at)
        at = following
    assert gaps == [10 * MINUTE] * 36 + [60 * MINUTE] * 72 + [timedelta(days=1)] * 3


def test_a_phase_that_is_no_multiple_ends_where_the_next_begins(data: DataDir) -> None:
    data.root.mkdir()
    cadence_file(data).write_text(
        "[[phases]]\nevery_minutes = 25\nfor_hours = 1\n[[phases]]\nevery_minutes = 60\n", encoding="utf-8"
    )
    cadence, at, minutes = load_cadence(data), BEGAN, []
    for _ in range(5):
        minutes.append((at - BEGAN) // MINUTE)
        at = cadence.following(BEGAN, at)
    assert minutes == [0, 25, 50, 60, 120]
    assert cadence.number(BEGAN, BEGAN + 60 * MINUTE) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[phases]]\nevery_minutes = 0", "every_minutes is 0"),
        ("[[phases]]\nevery_minutes = 5\nfor_hours = 2", "the last has none"),
        ("[[phases]]\nevery_minutes = 5\n[[phases]]\nevery_minutes = 9", "needs for_hours"),
        ("[[phases]]\nevery_minute = 5", "unknown every_minute"),
        ("often = true", "unknown often"),
        ("phases = 3", "one [[phases]] block"),
        ("longest_minutes = true", "longest_minutes is True"),
        ("[[phases", "mend the file"),
    ],
)
def test_a_wrong_cadence_names_file_and_fix(data: DataDir, text: str, told: str) -> None:
    data.root.mkdir()
    cadence_file(data).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as error:
        load_cadence(data)
    assert told in str(error.value)
    assert str(cadence_file(data)) in str(error.value)


def test_without_a_file_the_cadence_is_the_usual_one(data: DataDir) -> None:
    assert load_cadence(data).phases == DEFAULT_PHASES


# -- turns -----------------------------------------------------------------------------------------------------------


def test_a_dropped_file_starts_at_once_and_then_on_its_cadence(data: DataDir) -> None:
    stepped = Stepped(data)
    stepped.settle()
    assert stepped.rows() == []
    make_incident(data, "fire", SOURCE)
    stepped.settle()
    assert stepped.rows() == [("0", "done", 0)]
    stepped.after(9 * MINUTE)
    assert len(stepped.rows()) == 1
    stepped.after(MINUTE)
    assert stepped.rows()[1:] == [("10", "done", 0)]


def test_what_was_missed_is_caught_up_once(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(data)
    stepped.settle()
    again = Stepped(data)
    again.now = BEGAN + 3 * 60 * MINUTE + MINUTE
    again.settle()
    again.settle()
    assert again.rows() == [("0", "done", 0), ("180", "done", 17)]


def test_a_clock_that_is_set_back_or_ahead_neither_silences_nor_floods(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(data)
    stepped.after(timedelta(days=400))
    stepped.after(timedelta(days=-399))  # before the beginning that the wrong clock gave it
    made = len(stepped.rows())
    stepped.after(10 * MINUTE)
    assert len(stepped.rows()) == made + 1
    stepped.after(timedelta(hours=-2))
    stepped.after(10 * MINUTE)
    stepped.after(10 * MINUTE)
    assert len(stepped.rows()) <= made + 3
    assert len(stepped.rows()) >= made + 2


def test_a_turn_that_outlasts_its_interval_is_alone_and_skips(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(
        data,
        plan_of(f"import os, time\nwhile not os.path.exists({str(data.root / 'go')!r}): time.sleep(.01)"),
    )
    stepped.worker.tick()
    for _ in range(3):
        stepped.now += 10 * MINUTE
        stepped.worker.tick()
    assert stepped.rows() == [("0", "running", 0)]
    (data.root / "go").touch()
    stepped.settle()
    assert stepped.rows() == [("0", "done", 0)], "the three moments that passed are skipped"
    stepped.after(10 * MINUTE)
    assert stepped.rows()[1:] == [("40", "done", 0)]


def test_a_failure_is_told_and_tried_again_before_the_next_day(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(data, plan_of("import sys; sys.exit('the disk\\x1b[31m is full')"))
    stepped.settle()
    stepped.after(timedelta(days=30))
    row = stepped.worker.book.turns()[0]
    assert (row.status, row.run_code) == ("failed", 1)
    assert row.detail == "run: the disk<U+001B>[31m is full"
    before = len(stepped.rows())
    stepped.after(6 * MINUTE)
    assert len(stepped.rows()) == before
    stepped.after(5 * MINUTE)
    assert len(stepped.rows()) == before + 1, "the second failure waits ten minutes, not a day"
    assert health(stepped.worker)["status"] == "degraded"
    stepped.worker.plan = plan_of()
    stepped.after(timedelta(days=1))
    assert health(stepped.worker)["status"] == "ok"


def test_a_source_that_refused_does_not_keep_the_rest_from_being_ranked(
    data: DataDir, fire: Incident
) -> None:
    crawl = Step("crawl", python("import sys; sys.exit(3)"), must=False)
    steps = [crawl, Step("run", python(""), must=True)]
    stepped = Stepped(data, lambda incident: steps)
    stepped.settle()
    row = stepped.worker.book.turns()[0]
    assert (row.status, row.crawl_code, row.run_code) == ("partly", 3, 0)
    assert [step.name for step in usual_plan(fire)] == ["crawl", "run"]
    steps[1] = Step("run", python("import sys; sys.exit('nothing was collected')"), must=True)
    stepped.after(10 * MINUTE)
    assert stepped.worker.book.turns()[0].detail == "crawl: ended with 3; run: nothing was collected"


def test_a_turn_without_end_is_stopped(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(data, plan_of("import time; time.sleep(600)"), Cadence(longest=timedelta(seconds=0.3)))
    stepped.settle()
    row = stepped.worker.book.turns()[0]
    assert row.status == "stopped"
    assert "took longer" in str(row.detail)


def test_a_persons_run_is_waited_for(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(data)
    with locked(run_lock(data, "fire"), wait=False):
        stepped.settle()
        assert stepped.rows() == []
    stepped.after(timedelta(seconds=31))
    assert [status for _, status, _ in stepped.rows()] == ["done"]


def test_pause_resume_close_and_open_again(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(data)
    stepped.settle()
    stepped.worker.book.pause("fire", "mei", BEGAN)
    stepped.after(25 * MINUTE)
    assert len(stepped.rows()) == 1
    stepped.worker.book.pause("fire", "mei", BEGAN, on=False)
    stepped.settle()
    assert stepped.rows()[1:] == [("20", "done", 1)]
    assert [(e.kind, e.actor) for e in stepped.worker.book.events("fire")] == [
        ("resume", "mei"),
        ("pause", "mei"),
    ]
    text = data.incident_file("fire").read_text(encoding="utf-8")
    save_incident_text(data.incident_file("fire"), f"closed_at = 2026-03-13T07:00:00Z\n{text}")
    stepped.after(timedelta(days=2))
    assert len(stepped.rows()) == 2
    save_incident_text(data.incident_file("fire"), text)
    stepped.settle()
    stepped.after(10 * MINUTE)
    assert len(stepped.rows()) == 4, "opened again, it begins anew: at once and ten minutes later"


def test_a_broken_file_hides_no_other_and_keeps_its_place(data: DataDir, fire: Incident) -> None:
    make_incident(data, "flood", SOURCE)
    stepped = Stepped(data)
    stepped.settle()
    stepped.until(lambda: len(stepped.rows()) == 2)
    stepped.settle()
    whole = data.incident_file("flood").read_text(encoding="utf-8")
    data.incident_file("flood").write_text("id = ", encoding="utf-8")
    stepped.after(10 * MINUTE)
    assert stepped.worker.book.turns()[0].incident == "fire"
    assert "flood.toml" in str(health(stepped.worker)["problem"])
    data.incident_file("flood").write_text(whole, encoding="utf-8")
    stepped.settle()
    assert stepped.worker.book.schedules()["flood"].began_at == BEGAN


def test_an_incident_that_is_still_being_written_is_left_alone(data: DataDir) -> None:
    make_incident(data, "fire")
    stepped = Stepped(data)
    stepped.settle()
    assert stepped.rows() == []


# -- processes -------------------------------------------------------------------------------------------------------

WORK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipeline.paths import DataDir
from pipeline.worker import Cadence
from pipeline.worker.loop import Worker
from pipeline.worker.turn import Step
data = DataDir(Path(sys.argv[1]))
wait = "import os, sys, time\\nopen(sys.argv[1] + '/at-work', 'w').write(str(os.getpid()))\\ntime.sleep(60)"
plan = lambda incident: [Step("run", (sys.executable, "-I", "-S", "-c", wait, str(data.root)), must=True)]
Worker(data, Cadence(), plan=plan, tick_seconds=0.02).run()
"""


def test_after_a_kill_no_second_turn_runs_beside_the_child_left_over(data: DataDir, fire: Incident) -> None:
    process = subprocess.Popen([sys.executable, "-c", WORK, str(data.root)])
    mark = data.root / "at-work"
    limit = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()):
        assert time.monotonic() < limit and process.poll() is None
        time.sleep(0.02)
    with pytest.raises(UsageError, match="another worker"), Worker(data, Cadence()).alone():
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    stepped = Stepped(data)
    stepped.now = datetime.now(UTC)
    with stepped.worker.alone():
        stepped.settle()
        assert [t.status for t in stepped.worker.book.turns()] == ["interrupted"], (
            "its child holds the incident"
        )
        os.kill(int(mark.read_text()), signal.SIGKILL)
        stepped.now += timedelta(minutes=1)
        stepped.until(lambda: len(stepped.rows()) == 2)
        stepped.settle()
    assert [t.status for t in stepped.worker.book.turns()] == ["done", "interrupted"]


def test_a_stopped_worker_stops_its_children_and_goes_on_at_once(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(data, plan_of("import time; time.sleep(600)"))
    stepped.worker.tick()
    stepped.worker.stop()
    stepped.worker.run()
    assert [status for _, status, _ in stepped.rows()] == ["stopped"]
    again = Stepped(data)
    again.now = BEGAN + MINUTE
    again.settle()
    assert [status for _, status, _ in again.rows()] == ["stopped", "done"]


def test_healthz_answers_this_machine_only(data: DataDir, fire: Incident) -> None:
    stepped = Stepped(data)
    stepped.settle()
    with answering(stepped.worker, 0) as port:
        address = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{address}/healthz", timeout=10) as answer:
            told = json.load(answer)
        assert told["status"] == "ok"
        assert told["incidents"][0] | {"incident": "fire", "last_turn": "done"} == told["incidents"][0]
        stepped.worker.ticked -= 1_000
        assert refused(urllib.request.Request(f"{address}/healthz")) == 503
        assert refused(urllib.request.Request(f"{address}/healthz", headers={"Host": "evil.example"})) == 403
        assert refused(urllib.request.Request(f"{address}/alerts/../secrets.toml")) == 404


def refused(request: urllib.request.Request) -> int:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=10)
    with closing(error.value):
        return error.value.code


def test_status_pause_and_resume_from_the_command_line(
    data: DataDir, fire: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    runner = CliRunner()
    assert "no worker has been here" in runner.invoke(command, ["status"]).output
    Stepped(data).settle()
    assert "fire is paused" in runner.invoke(command, ["pause", "fire"]).output
    shown = json.loads(runner.invoke(command, ["status", "--json"]).output)
    assert shown["turns"][0]["status"] == "done"
    assert shown["incidents"][0]["paused_by"]
    assert shown["beat"]["pid"] == os.getpid()
    assert "fire goes on" in runner.invoke(command, ["resume", "fire"]).output
    assert WorkerBook(worker_file(data)).schedules()["fire"].paused_by is None
    assert isinstance(runner.invoke(command, ["pause", "flood"]).exception, UsageError)


def test_a_busy_disk_does_not_end_the_worker(
    data: DataDir, fire: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.ledger.store.BUSY_SECONDS", 0.05)
    stepped = Stepped(data)
    with closing(sqlite3.connect(worker_file(data), isolation_level=None)) as other:
        other.execute("begin immediate")
        ticks = iter(range(3))

        def stop_after_three() -> datetime:
            if next(ticks, None) is None:
                stepped.worker.stop()
            return BEGAN

        stepped.worker.clock = stop_after_three
        monkeypatch.setattr(stepped.worker, "alone", nullcontext)  # it writes too, before any tick
        stepped.worker.run()
    assert "locked" in str(stepped.worker.problem)
