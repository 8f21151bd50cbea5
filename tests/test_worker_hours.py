"""Seventy-two hours of the sample, compressed: from a dropped file to the purge, by a worker that is killed at random.

Real are the worker's process, its crawls of the five sample sites over HTTP, its runs, mail server, webhook receiver,
the statement that waits, the report and the purge. The worker's clock is stepped, and runs thirty times as fast in
between; crawls and runs themselves read the machine's clock, so the time machine is asked for the machine's moments.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts_support import MailServer, Receiver, mail_server, receiver, write_alerts
from conftest import SAMPLE, SAMPLE_FOLDER
from crawlers.samples import server as sites
from crawlers.samples.web import Reply, Request, World, page
from pipeline.alerts import AlertBook, alert_file
from pipeline.coalition import load_coalition
from pipeline.correction.consensus import Answer
from pipeline.files import write_text
from pipeline.incident import find_incident, load_incident
from pipeline.ledger import Ledger
from pipeline.ledger.drafts import Hand
from pipeline.ledger.statements import Statements
from pipeline.moments.lists import list_at
from pipeline.paths import CHECKOUT, DataDir
from pipeline.protocol.checklist import board
from pipeline.questions import ask
from pipeline.records import Status, Triage
from pipeline.report.figures import measure
from pipeline.retention.certificate import certificates
from pipeline.runs import RunRegistry
from pipeline.worker import WorkerBook, load_cadence, worker_file
from pipeline.worker.cadence import cadence_file
from test_spider_sample import expected_id, sample_rows
from test_statements import complete

SEED = 20260313
CADENCE = "[[phases]]\nevery_minutes = 1440\nfor_hours = 24\n[[phases]]\nevery_minutes = 2520\n"
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
WORKER = """
import os, signal, sys, time
from datetime import datetime, timedelta
from pathlib import Path
from pipeline.alerts import Alerts
from pipeline.paths import DataDir
from pipeline.worker import load_cadence
from pipeline.worker.loop import Worker
from pipeline.worker.turn import Step, usual_plan
root, clock, base = sys.argv[1:]
def now():
    told = datetime.fromisoformat(Path(clock).read_text())
    return told + timedelta(seconds=max(time.time() - os.stat(clock).st_mtime, 0) * 30)
def plan(incident):
    crawl, run = usual_plan(incident)
    return [Step(crawl.name, (*crawl.command, "--allow-loopback", "--base", "sample=" + base), crawl.must), run]
data = DataDir(Path(root))
worker = Worker(data, load_cadence(data), plan=plan, watch=Alerts(data).watch, clock=now, tick_seconds=0.05)
signal.signal(signal.SIGTERM, lambda *_: worker.stop())
worker.run()
"""
Row = tuple[Any, ...]


@dataclass
class Sites:
    """The five sample sites: how far their posts go, which one is being rebuilt, and what happens at a request."""

    server: sites.SampleServer
    rebuilt: str | None = None
    at_request: Callable[[int], None] = lambda count: None
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, until: datetime) -> None:
        self.server.world = sites.open_world(SAMPLE_FOLDER, until.isoformat())

    def count(self) -> None:
        with self.lock:
            self.requests += 1
            number = self.requests
        self.at_request(number)


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sites]:
    with sites.SampleServer(sites.open_world(SAMPLE_FOLDER)) as server:
        shown = Sites(server)
        for name, respond in list(sites.SITES.items()):

            def answer(
                request: Request, world: World, name: str = name, respond: Callable[..., Reply] = respond
            ) -> Reply:
                shown.count()
                if shown.rebuilt == name:
                    return page("We have moved", "<main>Our new pages are on their way.</main>")
                return respond(request, world)

            monkeypatch.setitem(sites.SITES, name, answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield shown
        server.shutdown()


class Hours:
    """The worker's process, its clock, and what it left behind."""

    def __init__(self, data: DataDir, folder: Path, shown: Sites) -> None:
        self.data, self.clock, self.sites = data, folder / "clock", shown
        self.random = random.Random(SEED)
        self.kills = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = [str(self.data.root), str(self.clock), self.sites.server.base]
        self.process = subprocess.Popen([sys.executable, "-c", WORKER, *arguments])

    def set(self, moment: datetime) -> None:
        write_text(self.clock, moment.isoformat())

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

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0

    def until(self, holds: Callable[[], bool]) -> None:
        limit = time.monotonic() + 180
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

    def beats(self) -> bool:
        """Whether it is this process that gave the last sign of life: by then it hears signals."""
        beat = WorkerBook(worker_file(self.data)).beat()
        return beat is not None and self.process is not None and beat.pid == self.process.pid

    def is_running(self) -> bool:
        return any(run.status == "running" for run in RunRegistry(self.data.runs).runs(SAMPLE))


def listed(data: DataDir) -> list[Row]:
    """The published list as an analyst sees it."""
    rows = ask(data, SAMPLE, "select claim_id, rank, score from ranked_claims order by rank", {})
    return [(row["claim_id"], row["rank"], round(row["score"], 9)) for row in rows]


def remembered(data: DataDir, moment: datetime) -> list[Row]:
    """The same, as the time machine tells it."""
    rows = list_at(data, SAMPLE, moment).rows.select(["claim_id", "rank", "score"]).to_pylist()
    return [(row["claim_id"], row["rank"], round(row["score"], 9)) for row in rows]


@pytest.mark.slow
def test_seventy_two_hours_with_kills(data: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    incident = load_incident(SAMPLE_FOLDER / f"{SAMPLE}.toml")
    data.incidents.mkdir(parents=True)
    shutil.copy(CHECKOUT / "data" / "samples" / "coalition.toml", data.coalition)
    cadence_file(data).write_text(CADENCE, encoding="utf-8")
    began = incident.opened_at + timedelta(hours=5)
    cadence, moments = load_cadence(data), [began]
    while (following := cadence.following(began, moments[-1])) <= incident.opened_at + timedelta(hours=72):
        moments.append(following)
    with mail_server() as mail, receiver() as room, serving(monkeypatch) as shown:
        write_alerts(data, PEOPLE.format(url=room.url), port=mail.port, group_minutes=1)
        hours = Hours(data, tmp_path, shown)
        dues, lists = played(hours, moments)
        hours.kill(children=True)  # perhaps between the last list and its alerts
        statement = circulated(data, moments[-1] + timedelta(hours=1))
        hours.start()
        hours.until(hours.beats)
        hours.set(moments[-1] + timedelta(hours=3, minutes=1))
        hours.until(lambda: bool(of_kind(data, "statement")) and hours.is_told())
        hours.stop()
        check_told(data, mail, room, statement)
        check_turns(data, dues, moments, hours.kills)
        check_posts(data, moments[-1])
        check_checklist(data)
        for moment, then in lists.items():
            assert remembered(data, moment) == then
        check_report(data)
        gone = purged(hours, moments[-1])
    check_purge(data, gone, lists)


def played(hours: Hours, moments: list[datetime]) -> tuple[list[datetime], dict[datetime, list[Row]]]:
    """Step from moment to moment; in each, kill the worker at a random point and start another.

    Gives what was due, and the list of every moment as it was shown then.
    """
    dues, lists = [], {}
    for number, moment in enumerate(moments):
        hours.sites.show(moment)
        hours.sites.rebuilt = "forum" if number == 1 else None
        now = moment + timedelta(minutes=5 * bool(number))
        struck = strike(hours, number)
        hours.set(now)
        if hours.process is None:
            hours.start()
            shutil.copy(
                SAMPLE_FOLDER / f"{SAMPLE}.toml", hours.data.incident_file(SAMPLE)
            )  # dropped, opened by no command
        hours.until(struck)
        hours.kill(children=number % 2 == 0)
        hours.sites.at_request = lambda count: None
        hours.start()
        dues.append(load_cadence(hours.data).latest(began_of(hours), now))
        hours.until(lambda: hours.is_done(dues[-1]))
        lists[datetime.now(UTC)] = listed(hours.data)
        if number == 0:
            judged(hours.data)
    return dues, lists


def strike(hours: Hours, number: int) -> Callable[[], bool]:
    """When the kill comes: at a random request of the first crawl; a random while into a run; at any time at all."""
    hit = threading.Event()
    if number == 0:
        wanted = hours.random.randint(3, 30)

        def slow(count: int) -> None:
            if count >= wanted:  # from here on the sites take their time, so that the kill meets the crawl
                hit.set()
                time.sleep(0.5)

        hours.sites.at_request = slow
        return hit.is_set
    wait = hours.random.uniform(0.1, 1.5 if number == 1 else 8.0)
    started: list[float] = []

    def passed() -> bool:
        if not started and (number != 1 or hours.is_running()):
            started.append(time.monotonic())
        return bool(started) and time.monotonic() - started[0] >= wait

    return passed


def began_of(hours: Hours) -> datetime:
    return WorkerBook(worker_file(hours.data)).schedules()[SAMPLE].began_at


def judged(data: DataDir) -> None:
    """What people decide on the first list: eight claims of the first twelve are worth the look."""
    ledger = Ledger(data.ledger)
    for place, (claim, *_) in enumerate(listed(data)[:12]):
        status = Status.NOT_OURS if place % 3 == 2 else Status.WATCHING
        ledger.decide(Triage(SAMPLE, claim, status=status), actor="mei")


def circulated(data: DataDir, now: datetime) -> str:
    """A statement that goes to the partners and that one of them has answered."""
    rooms, ann = Statements(data.ledger), Hand("ann", "partner-a")
    draft = rooms.open(SAMPLE, complete(), ann, claim_id=listed(data)[0][0], now=now)
    rooms.approve(draft, Hand("bo", "partner-a"))
    held = rooms.circulate(draft, load_coalition(data), ann, now=now)
    rooms.answer(held, Answer.CONSENT, ann, now=now)
    return held.statement_id


def of_kind(data: DataDir, kind: str) -> list[str]:
    book = AlertBook(alert_file(data), read_only=True)
    return [shown.alert.key for shown in book.alerts(most=1_000) if shown.alert.kind == kind]


def check_turns(data: DataDir, dues: list[datetime], moments: list[datetime], kills: int) -> None:
    """Each moment was taken once, the one with the rebuilt site in part; no kill left a run that seems to go on."""
    turns = WorkerBook(worker_file(data)).turns(SAMPLE)
    ended = {turn.due_at: turn.status for turn in turns if turn.status != "interrupted"}
    assert Counter(turn.due_at for turn in turns if turn.status != "interrupted") == Counter(
        dict.fromkeys(dues, 1)
    )
    assert [ended[due] for due in dues] == ["done", "partly", "done"]
    assert len(dues) == len(moments) == 3
    assert "interrupted" in {turn.status for turn in turns}, "no kill met a turn at work"
    assert kills == len(moments) + 1
    assert "running" not in {run.status for run in RunRegistry(data.runs).runs(SAMPLE)}


def check_posts(data: DataDir, last: datetime) -> None:
    """Every post that the sites showed by the last crawl, each once, whatever was killed."""
    shown = [row for row in sample_rows() if datetime.fromisoformat(row["published_at"]) <= last]
    found = ask(data, SAMPLE, "select post_id from posts order by post_id", {})
    assert [row["post_id"] for row in found] == sorted(map(expected_id, shown))


def check_told(data: DataDir, mail: MailServer, room: Receiver, statement: str) -> None:
    """Every alert in exactly one message per person; a message that came twice came with one id and the same bytes."""
    book = AlertBook(alert_file(data))
    raised = [shown.alert for shown in book.alerts(most=1_000)]
    assert {alert.kind for alert in raised} >= {"rank", "crawl", "statement"}
    assert [key.split("/")[2] for key in of_kind(data, "crawl")] == ["sample-forum"], (
        "told once, of the rebuilt site"
    )
    assert {alert.told["statement"] for alert in raised if alert.kind == "statement"} == {statement}
    assert "partner-a" not in {alert.partner for alert in raised if alert.kind == "statement"}
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


def check_checklist(data: DataDir) -> None:
    """The dropped file got its checklist, once, due from the opening, whatever was killed."""
    incident = find_incident(data, SAMPLE)
    made = [event for event in Ledger(data.ledger).events(SAMPLE) if event.kind == "checklist"]
    assert [event.actor for event in made] == ["worker"]
    items = board(data, incident).items
    assert items and all(
        item.due_at == incident.opened_at + timedelta(minutes=item.task.due) for item in items
    )
    assert not any(item.done for item in items)


def check_report(data: DataDir) -> None:
    """The report's figures are those of the warehouse and of what people did."""
    told = {(figure.key, figure.about): figure.estimate for figure in measure(data, [SAMPLE]).figures}
    claims = ask(data, SAMPLE, "select count(*) as n, sum(post_count)::bigint as posts from claims", {})[0]
    assert (told["seen", ""].value, told["posts", ""].value) == (claims["n"], claims["posts"])
    assert told["triaged", ""].value == told["judged", ""].value == 12, (
        "claims that people used keep their ids"
    )
    assert told["corrected", ""].value == 0, "the statement still waits"
    assert told["ratio", ""].value is None
    assert (told["sources_named", ""].value, told["sources_read", ""].value) == (5, 5)
    bad = "select count(*) as n from crawls where source = 'sample-forum' and stopped_because <> 'finished'"
    assert told["bad_crawls", "sample-forum"].value == ask(data, SAMPLE, bad, {})[0]["n"] > 0
    assert not [about for key, about in told if key == "bad_crawls" and about != "sample-forum"]
    confirmed = told["confirmed", ""]
    assert confirmed.value == pytest.approx(8 / 12)
    assert (confirmed.low or 0) < 8 / 12 < (confirmed.high or 0)


def purged(hours: Hours, last: datetime) -> str:
    """Close the incident, let its time pass, kill the worker on the way; gives a text that must be gone."""
    texts = ask(hours.data, SAMPLE, "select text from posts order by length(text) desc limit 1", {})
    file = hours.data.incident_file(SAMPLE)
    closed = last + timedelta(hours=4)
    write_text(file, f"closed_at = {closed:%Y-%m-%dT%H:%M:%S}Z\n{file.read_text(encoding='utf-8')}")
    (hours.data.root / "retention.toml").write_text("closed_days = 30\n", encoding="utf-8")
    hours.set(closed + timedelta(days=29))
    hours.start()
    hours.until(hours.beats)
    assert certificates(hours.data) == [], "its time is not over"
    hours.set(closed + timedelta(days=30, minutes=1))
    time.sleep(hours.random.uniform(0.1, 3.0))
    hours.kill(children=True)
    hours.start()
    hours.until(lambda: bool(certificates(hours.data)) and hours.beats())
    hours.stop()
    return str(texts[0]["text"])


def check_purge(data: DataDir, gone: str, lists: dict[datetime, list[Row]]) -> None:
    """Posts are gone, by a search of every byte; report, decisions and places of the lists stay; it is certified."""
    assert [one["genuine"] for one in certificates(data)] == [True]
    assert not data.published(SAMPLE).exists()
    needle = gone.encode()
    assert len(needle) > 100
    assert [file for file in data.root.rglob("*") if file.is_file() and needle in file.read_bytes()] == []
    report = data.ledger.parent / "reports" / SAMPLE
    assert {file.suffix for file in report.iterdir()} == {".html", ".csv"}
    assert Ledger(data.ledger).verify() > 12
    for moment, then in lists.items():
        assert remembered(data, moment) == then, "what was shown is known by number when its texts are gone"
