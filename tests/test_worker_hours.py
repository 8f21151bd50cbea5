"""Seventy-two hours of the sample, compressed: a real worker with real runs, killed at random; each alert told once.

The collection stands in for the crawl (finished crawls of the sample appear when their time has come); runs, lists,
alerts, mail server and webhook receiver are real. The clock is stepped, and runs thirty times as fast in between.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alerts_support import MailServer, Receiver, mail_server, receiver, write_alerts
from conftest import SAMPLE, SAMPLE_FOLDER, sample_posts
from pipeline.alerts import AlertBook, alert_file
from pipeline.files import write_text
from pipeline.incident import find_incident, save_incident_text
from pipeline.paths import DataDir
from pipeline.questions import ask
from pipeline.raw import CrawlSummary, RawWriter, new_crawl_id
from pipeline.runs import RunRegistry
from pipeline.worker import WorkerBook, load_cadence, worker_file
from pipeline.worker.cadence import cadence_file

SEED = 20260313
CADENCE = "[[phases]]\nevery_minutes = 1440\nfor_hours = 24\n[[phases]]\nevery_minutes = 2700\n"
PEOPLE = """
[[people]]
id = "mei"
language = "zh-Hant"
email = "mei@example.org"
most_per_hour = 60
[[people]]
id = "room"
webhook = "{url}"
most_per_hour = 60
"""
CRAWL = """
import os, sys
later, raw, clock = sys.argv[1:]
now = open(clock).read().replace("-", "").replace(":", "")[:15]
os.makedirs(raw, exist_ok=True)
for name in sorted(os.listdir(later)):
    if name[:15] <= now:
        os.rename(os.path.join(later, name), os.path.join(raw, name))
"""
WORKER = """
import os, signal, sys, time
from datetime import datetime, timedelta
from pathlib import Path
from pipeline.alerts import Alerts
from pipeline.paths import DataDir
from pipeline.worker import load_cadence
from pipeline.worker.loop import Worker
from pipeline.worker.turn import Step, usual_plan
root, clock, later, raw, crawl = sys.argv[1:]
def now():
    told = datetime.fromisoformat(Path(clock).read_text())
    return told + timedelta(seconds=max(time.time() - os.stat(clock).st_mtime, 0) * 30)
def plan(incident):
    standing = Step("crawl", (sys.executable, "-I", "-S", "-c", crawl, later, raw, clock), must=False)
    return [standing, usual_plan(incident)[-1]]
data = DataDir(Path(root))
worker = Worker(data, load_cadence(data), plan=plan, watch=Alerts(data).watch, clock=now, tick_seconds=0.05)
signal.signal(signal.SIGTERM, lambda *_: worker.stop())
worker.run()
"""


class Hours:
    """The worker's process, its clock, and what it left behind."""

    def __init__(self, data: DataDir, folder: Path) -> None:
        self.data, self.clock, self.later = data, folder / "clock", folder / "later"
        self.random = random.Random(SEED)
        self.source = find_incident(data, SAMPLE).sources[0].name
        self.kills = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        raw = self.data.raw(SAMPLE) / self.source
        arguments = [str(each) for each in (self.data.root, self.clock, self.later, raw)]
        self.process = subprocess.Popen([sys.executable, "-c", WORKER, *arguments, CRAWL])

    def kill(self, *, children: bool) -> None:
        """SIGKILL, with or without what the worker had started."""
        assert self.process is not None
        assert self.process.poll() is None, "the worker died by itself"
        started = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for child in started if children else []:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        self.kills += 1

    def until(self, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + 120
        while not holds():
            assert time.monotonic() < limit, WorkerBook(worker_file(self.data)).turns()
            assert self.process is not None
            assert self.process.poll() is None, "the worker died by itself"
            time.sleep(0.1)

    def is_done(self, moment: datetime) -> bool:
        turns = WorkerBook(worker_file(self.data), read_only=True).turns(SAMPLE)
        return any(turn.due_at == moment and turn.status in ("done", "partly") for turn in turns)

    def is_told(self) -> bool:
        book = AlertBook(alert_file(self.data), read_only=True)
        return not book.waiting() and not book.messages("sending")


def prepare(data: DataDir, folder: Path, moments: list[datetime]) -> list[int]:
    """One finished crawl per moment with the posts up to it (the third found its pages changed); how many those are."""
    aside, posts, known = DataDir(folder / "aside"), sample_posts(), []
    source = find_incident(data, SAMPLE).sources[0].name
    for number, moment in enumerate(moments):
        found = [post for post in posts if post.published_at and post.published_at <= moment]
        summary = CrawlSummary(new_crawl_id(moment, "crawl"), source, "test", moment)
        writer = RawWriter(aside, SAMPLE, summary)
        writer.write(found)
        writer.finish("changed" if number == 2 else "finished")
        known.append(len(found))
    (aside.raw(SAMPLE) / source).rename(folder / "later")
    return known


@pytest.mark.slow
def test_seventy_two_hours_with_kills(data: DataDir, tmp_path: Path) -> None:
    text = (SAMPLE_FOLDER / f"{SAMPLE}.toml").read_text(encoding="utf-8")
    incident = save_incident_text(data.incident_file(SAMPLE), text)
    cadence_file(data).write_text(CADENCE, encoding="utf-8")
    began = incident.opened_at + timedelta(hours=2)
    cadence, moments = load_cadence(data), [began]
    while (following := cadence.following(began, moments[-1])) <= incident.opened_at + timedelta(hours=72):
        moments.append(following)
    known = prepare(data, tmp_path, moments)
    with mail_server() as mail, receiver() as room:
        write_alerts(data, PEOPLE.format(url=room.url), port=mail.port, group_minutes=1)
        hours = Hours(data, tmp_path)
        dues = played(hours, moments)
        turns = WorkerBook(worker_file(data)).turns(SAMPLE)
        check_told(data, mail, room)
    assert Counter(turn.due_at for turn in turns if turn.status == "done") == Counter(dict.fromkeys(dues, 1))
    assert len(dues) == len(moments) == 3
    assert {turn.status for turn in turns} == {"done", "interrupted"}, "no kill met a turn at work"
    assert hours.kills == len(moments) + 1
    assert ask(data, SAMPLE, "select count(*) as n from posts", {})[0]["n"] == known[-1]
    assert "running" not in {run.status for run in RunRegistry(data.runs).runs(SAMPLE)}


def began_of(hours: Hours) -> datetime:
    return WorkerBook(worker_file(hours.data)).schedules()[SAMPLE].began_at


def beats(hours: Hours) -> bool:
    """Whether it is this process that gave the last sign of life: by then it hears signals."""
    beat = WorkerBook(worker_file(hours.data)).beat()
    return beat is not None and hours.process is not None and beat.pid == hours.process.pid


def played(hours: Hours, moments: list[datetime]) -> list[datetime]:
    """Step from moment to moment; in each, kill the worker at a random point and start another. Gives what was due."""
    dues = []
    for number, moment in enumerate(moments):
        write_text(hours.clock, (moment + timedelta(minutes=5 * bool(number))).isoformat())
        if hours.process is None:
            hours.start()
        hours.until(
            lambda: worker_file(hours.data).exists()
            and SAMPLE in WorkerBook(worker_file(hours.data)).schedules()
        )
        time.sleep(hours.random.uniform(0.1, 3.0))
        hours.kill(children=number % 2 == 0)
        hours.start()
        due = load_cadence(hours.data).latest(began_of(hours), moment + timedelta(minutes=5 * bool(number)))
        dues.append(due)
        hours.until(lambda: hours.is_done(dues[-1]))
    hours.kill(children=True)  # perhaps between the last list and its alerts
    hours.start()
    hours.until(lambda: beats(hours))
    write_text(hours.clock, (moments[-1] + timedelta(hours=3)).isoformat())
    hours.until(lambda: AlertBook(alert_file(hours.data), read_only=True).alerts() != [] and hours.is_told())
    assert hours.process is not None
    hours.process.send_signal(signal.SIGTERM)
    assert hours.process.wait(60) == 0
    return dues


def check_told(data: DataDir, mail: MailServer, room: Receiver) -> None:
    """Every alert in exactly one message per person; a message that came twice came with one id and the same bytes."""
    book = AlertBook(alert_file(data))
    raised = [shown.alert for shown in book.alerts(most=1_000)]
    assert {alert.kind for alert in raised} >= {"rank", "crawl"}
    assert Counter(alert.kind for alert in raised)["crawl"] == 1
    posted: dict[str, set[bytes]] = {}
    for headers, body in room.posts:
        posted.setdefault(headers["webhook-id"], set()).add(body)
    assert all(len(bodies) == 1 for bodies in posted.values())
    told = Counter(
        one["id"] for bodies in posted.values() for one in json.loads(next(iter(bodies)))["alerts"]
    )
    assert told == Counter(alert.key for alert in raised)
    mails = {str(one["Message-ID"]): one.as_bytes() for one in mail.received}
    assert all(mails[str(one["Message-ID"])] == one.as_bytes() for one in mail.received)
    sent = [message for message in book.messages("sent") if message.channel == "email"]
    assert {f"<{message.message_id}@example.org>" for message in sent} == set(mails)
    assert sum(message.content["count"] for message in sent) == len(raised)
