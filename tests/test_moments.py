"""The time machine: what the desk shows after each step is written down as it happens, and asked for afterwards."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from conftest import make_incident, store_posts
from dashboard import queries
from dashboard.address import ListView
from dashboard.desk import Desk
from dashboard.listing import narrowed
from dashboard.pending import pending
from dashboard.views.moment import named
from dashboard.words import Words
from pipeline.batch import Wish, republish, run_incident
from pipeline.cli import cli
from pipeline.correction.consensus import Answer
from pipeline.errors import UsageError
from pipeline.incident import find_incident
from pipeline.ledger import Ledger, decisions_in_force
from pipeline.ledger.assessments import Assessments
from pipeline.ledger.notes import Notes
from pipeline.ledger.set_aside import SetAside
from pipeline.ledger.statements import Statements
from pipeline.moments.keep import Lists
from pipeline.moments.lists import changes, first_shown, list_at, steps, texts
from pipeline.paths import DataDir
from pipeline.records import Post, RulingKind, Status, Triage
from pipeline.retention.purge import plan_age, plan_incident, purge
from pipeline.rubric import load_rubric
from test_dashboard_app import button, html_of, ranks, text_of, visit
from test_statements import ANN, BO, COALITION, complete, hand

NAME = "fire"
SEEN = datetime(2026, 3, 13, 12, tzinfo=UTC)
RUMORS = (
    "唐人街的自来水被污染了不能喝",
    "消防局说喜鹊楼火灾造成一人遇难七人受伤",
    "海港巷今晚停电到天亮请大家备好手电",
    "庇护所不收没有身份证件的人",
    "Heard the bridge will be closed for a week",
    "明天所有中文学校停课一天",
)

Row = tuple[object, ...]


@dataclass
class Witness:
    """Writes down the list that the desk shows, by the desk's own code."""

    data: DataDir

    def __call__(self) -> list[Row]:
        file = queries.published_file(self.data, NAME)
        if file is None:
            return []
        incident = find_incident(self.data, NAME)
        desk = Desk(self.data, Words("en"), UTC, (incident,), (), incident, file)
        ids, waiting = narrowed(desk, file, ListView()), pending(desk, file)
        standing, rubric = desk.ledger().triage(NAME), load_rubric(self.data)
        assessed = Assessments(self.data.ledger, read_only=True).all(NAME)
        noted = [note.claim_id for note in Notes(self.data.ledger, read_only=True).of(NAME)]
        aside = SetAside(self.data.ledger, read_only=True).waiting(NAME, standing)
        rows = []
        for card in queries.cards(file, ids):
            claim = card.claim_id
            stands = standing.get(claim, Triage(NAME, claim))
            harm = rubric.total("harm", assessed[claim].levels) if claim in assessed else None
            people = (stands.status, stands.rating, stands.assignee, stands.note, harm, noted.count(claim))
            people += (aside[claim].reason if claim in aside else None,)
            machine = (
                card.rank,
                card.score,
                card.exemplar_text,
                card.post_count,
                card.platforms,
                card.last_at,
            )
            ruled = (list(waiting.merged.get(claim, ())), waiting.split.get(claim, 0))
            rows.append((claim, *machine, *people, *ruled, self._statement(claim)))
        return rows

    def _statement(self, claim: str) -> str | None:
        room = Statements(self.data.ledger, read_only=True)
        held = [one for one in room.statements(NAME) if one.claim_id == claim]
        if not held:
            return None
        out = room.releases(statement_id=held[0].statement_id)
        if out:
            return "withdrawn" if all(one.withdrawn_at for one in out) else "released"
        return "voided" if held[0].voided_at else room.standing(held[0]).phase.value


def told(data: DataDir, moment: datetime) -> list[Row]:
    """The same rows, from the time machine."""
    then, rubric = list_at(data, NAME, moment), load_rubric(data)
    assert then.merges_known
    rows = then.rows.to_pylist()
    found = []
    for row, text in zip(rows, texts(data, NAME, rows), strict=True):
        levels = then.decided.levels.get(row["claim_id"])
        harm = rubric.total("harm", levels) if levels else None
        people = (row["status"], row["rating"], row["assignee"], row["note"] or "", harm, row["notes"])
        people += (row["set_aside"],)
        shown = text and text[: queries.EXEMPLAR_CHARS]
        machine = (row["rank"], row["score"], shown, row["post_count"], row["platform_names"], row["last_at"])
        found.append((row["claim_id"], *machine, *people, row["merged"], row["split"], row["statement"]))
    return found


def now() -> datetime:
    """The clock, a moment after and before everything else: links know milliseconds only."""
    time.sleep(0.02)
    moment = datetime.now(UTC)
    time.sleep(0.02)
    return moment


def close(data: DataDir) -> None:
    path = data.incident_file(NAME)
    told = path.read_text(encoding="utf-8")
    path.write_text(told.replace("watch =", "closed_at = 2026-03-20T00:00:00Z\nwatch =", 1), encoding="utf-8")


@pytest.fixture(autouse=True)
def own_caches() -> None:
    queries.overview.clear()


class Staff:
    """People and machine at work: each step is one thing that changes the list."""

    def __init__(self, data: DataDir, seed: int) -> None:
        self.data, self.chance, self.posts, self.crawls = data, random.Random(seed), 0, 0
        make_incident(data, NAME)

    def crawl(self, count: int = 14, *again: Post) -> None:
        made = list(again)
        self.crawls += 1
        for _ in range(count):
            self.posts += 1
            text = self.chance.choice(RUMORS) + self.chance.choice(["", "！", "，求证", "，转发"])
            at = SEEN + timedelta(minutes=self.posts)
            made.append(
                Post(f"feed:{self.posts}", "s", "feed", text, at, f"c{self.crawls}", "test")
                if self.posts % 7 == 0
                else Post(
                    f"weibo:{self.posts}",
                    "s",
                    "weibo",
                    text,
                    at,
                    f"c{self.crawls}",
                    "test",
                    author_key=str(self.posts % 9),
                    published_at=at,
                )
            )
        store_posts(self.data, NAME, made)

    def run(self) -> None:
        run_incident(self.data, find_incident(self.data, NAME))

    def claims(self) -> list[str]:
        return list(queries.chosen(queries.published_file(self.data, NAME) or ""))

    def decide(self) -> None:
        claim = self.chance.choice(self.claims())
        ledger = Ledger(self.data.ledger)
        stands = ledger.triage(NAME, claim).get(claim, Triage(NAME, claim))
        status = self.chance.choice([s for s in Status if s is not stands.status])
        rating, note = self.chance.choice([None, "misleading"]), f"note {self.chance.random()}"
        ledger.decide(replace(stands, status=status, rating=rating, assignee="mei", note=note), actor="mei")

    def undo(self) -> None:
        ledger = Ledger(self.data.ledger)
        for claim in ledger.triage(NAME):
            if in_force := decisions_in_force(ledger.events(NAME, claim)):
                ledger.undo(NAME, in_force[-1].event_id, actor="lok")
                return

    def rule(self) -> None:
        left, right = (self.anchors(claim) for claim in self.chance.sample(self.claims(), 2))
        Ledger(self.data.ledger).rule(NAME, RulingKind.MUST, left[0], right[0], actor="mei")

    def split(self) -> None:
        one = next(posts for claim in self.claims() if len(posts := self.anchors(claim)) > 1)
        Ledger(self.data.ledger).rule(NAME, RulingKind.MUST_NOT, one[0], one[-1], actor="mei")

    def anchors(self, claim: str) -> tuple[str, ...]:
        return queries.anchors(queries.published_file(self.data, NAME) or "", claim)

    def withdraw(self) -> None:
        ledger = Ledger(self.data.ledger)
        if standing := ledger.rulings(NAME):
            ledger.withdraw(NAME, [standing[-1].ruling_id], actor="lok")

    def note(self) -> None:
        Notes(self.data.ledger).write(NAME, self.chance.choice(self.claims()), "called them", author="mei")

    def set_aside(self) -> None:
        SetAside(self.data.ledger).say(NAME, self.claims()[-3:], "dying down", actor="lok")

    def assess(self) -> None:
        book, rubric = Assessments(self.data.ledger), load_rubric(self.data)
        claim, question = self.claims()[0], rubric.questions[0]
        seen = book.of(NAME, claim)
        levels = {question.id: self.chance.choice([question.lowest, question.highest])}
        book.assess(NAME, claim, levels, rubric=rubric, actor="mei", seen=seen.event_id if seen else 0)

    def unassess(self) -> None:
        book = Assessments(self.data.ledger)
        if seen := book.standing(NAME):
            book.take_back(NAME, seen[-1].event_id, actor="mei")

    def circulate(self) -> None:
        room = Statements(self.data.ledger)
        draft = room.open(NAME, complete(), ANN, claim_id=self.claims()[0])
        room.approve(draft, BO)
        room.circulate(draft, COALITION, ANN)

    def answer(self) -> None:
        room = Statements(self.data.ledger)
        for partner in COALITION.partners:
            room.answer(room.statements(NAME)[0], Answer.CONSENT, hand(partner.id))

    def release(self) -> None:
        room = Statements(self.data.ledger)
        room.release(room.statements(NAME)[0], ANN)

    def take_back(self) -> None:
        room = Statements(self.data.ledger)
        room.withdraw(room.releases(NAME)[0], ANN, "a mistake")

    def publish(self) -> None:
        republish(self.data, NAME)


STORY = (
    "crawl run decide note set_aside rule decide split crawl run assess withdraw publish decide undo rule crawl run "
    "circulate decide answer run rule release unassess publish run decide take_back crawl run undo"
)
"""Six runs: the files of the first ones are swept while their lists are still asked for."""


def live_through(data: DataDir, story: str, seed: int = 3) -> dict[datetime, list[Row]]:
    """Every step of ``story`` in turn; what the desk showed after each."""
    staff, witness, seen = Staff(data, seed), Witness(data), {}
    seen[now()] = witness()
    for step in story.split():
        getattr(staff, step)()
        seen[now()] = witness()
    return seen


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[DataDir, dict[datetime, list[Row]]]:
    data = DataDir(tmp_path_factory.mktemp("lived") / "data")
    return data, live_through(data, STORY)


@pytest.fixture
def copy(lived: tuple[DataDir, dict[datetime, list[Row]]], tmp_path: Path) -> DataDir:
    shutil.copytree(lived[0].root, tmp_path / "data", symlinks=True)
    data = DataDir(tmp_path / "data")
    republish(data, NAME)  # its warehouse reads its own files
    return data


def test_every_moment_comes_out_as_the_desk_showed_it(
    lived: tuple[DataDir, dict[datetime, list[Row]]],
) -> None:
    data, seen = lived
    assert len({str(rows) for rows in seen.values()}) > len(seen) * 0.6, "the story changes the list"
    assert any(row[-3] for rows in seen.values() for row in rows), "merges waited for a run"
    assert any(row[-2] for rows in seen.values() for row in rows), "splits waited for a run"
    assert {row[-1] for rows in seen.values() for row in rows} >= {
        None,
        "open",
        "agreed",
        "released",
        "withdrawn",
    }
    for moment, rows in seen.items():
        assert told(data, moment) == rows, moment


def test_between_a_runs_work_and_its_publishing_the_old_list_stands(
    lived: tuple[DataDir, dict[datetime, list[Row]]],
) -> None:
    data, _ = lived
    for one, before in zip(Lists(data, NAME).shown()[1:], Lists(data, NAME).shown(), strict=False):
        tick = timedelta(microseconds=1)
        at, earlier = (list_at(data, NAME, moment) for moment in (one.shown_at, one.shown_at - tick))
        assert (at.run_id, earlier.run_id) == (one.told("run_id"), before.told("run_id"))


def test_steps_lead_through_every_list_and_every_decision(
    lived: tuple[DataDir, dict[datetime, list[Row]]],
) -> None:
    data, _ = lived
    at, visited = datetime.now(UTC), []
    while (found := steps(data, NAME, at)).earlier_list:
        at = found.earlier_list
        visited.append(at)
    assert visited[::-1] == [one.shown_at for one in Lists(data, NAME).shown()]
    assert found.later_list == visited[-2] and at == first_shown(data, NAME)
    first = steps(data, NAME, at).later_decision
    assert first and steps(data, NAME, first).earlier_decision is None


def test_before_the_first_list_there_is_none_and_ahead_is_refused(
    lived: tuple[DataDir, dict[datetime, list[Row]]],
) -> None:
    data, _ = lived
    first = first_shown(data, NAME)
    assert first is not None
    before = list_at(data, NAME, first - timedelta(minutes=1))
    assert before.shown is None and before.rows.num_rows == 0 and before.as_of is None
    with pytest.raises(UsageError, match="lies ahead"):
        list_at(data, NAME, datetime.now(UTC) + timedelta(minutes=5))


def test_changes_since_then_name_what_entered_left_moved_and_was_decided(
    lived: tuple[DataDir, dict[datetime, list[Row]]],
) -> None:
    data, seen = lived
    moment = next(moment for moment, rows in seen.items() if rows)
    then, present = list_at(data, NAME, moment), list_at(data, NAME, datetime.now(UTC))
    found = {row["claim_id"]: row for row in changes(data, then, present).to_pylist()}
    old, new = (
        dict(zip(one.rows["claim_id"].to_pylist(), one.rows.to_pylist(), strict=True))
        for one in (then, present)
    )
    assert found.keys() == old.keys() | new.keys()
    for claim, row in found.items():
        assert row["entered"] == (claim not in old) and row["left_list"] == (claim not in new)
        if claim in old and claim in new:
            assert row["moved"] == (old[claim]["rank"] != new[claim]["rank"])
            assert (row["then_status"], row["now_status"]) == (old[claim]["status"], new[claim]["status"])
        if row["became"]:
            assert row["left_list"] and row["became"] in new
    assert any(row["became"] for row in found.values()), "a merge led somewhere"
    assert any(row["decided"] for row in found.values())


@pytest.mark.slow
def test_a_replay_and_a_closed_incident_change_no_list(copy: DataDir) -> None:
    before, moment = told(copy, datetime.now(UTC)), now()
    run_incident(copy, find_incident(copy, NAME), Wish(as_of=SEEN + timedelta(minutes=5)))
    close(copy)
    assert told(copy, moment) == before == told(copy, datetime.now(UTC))


@pytest.mark.slow
def test_a_kill_around_the_swap_leaves_the_record_right(
    copy: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once after the swap and before it is noted, once before the swap."""
    shown = Lists(copy, NAME).shown()
    incident = find_incident(copy, NAME)
    with monkeypatch.context() as patch:
        patch.setattr(Lists, "settle", _stop(after=1, then=Lists.settle))
        with pytest.raises(KeyboardInterrupt):
            run_incident(copy, incident)
    moment, seen = now(), Witness(copy)()
    assert len(Lists(copy, NAME).shown()) == len(shown) + 1 and told(copy, moment) == seen
    republish(copy, NAME)
    assert told(copy, moment) == seen and len(Lists(copy, NAME).shown()) == len(shown) + 1

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.warehouse.swap_symlink", _stop())
        with pytest.raises(KeyboardInterrupt):
            run_incident(copy, incident)
    assert len(Lists(copy, NAME).shown()) == len(shown) + 1
    republish(copy, NAME)
    assert len(Lists(copy, NAME).shown()) == len(shown) + 1, "what never was shown is no list"
    assert told(copy, moment) == seen


def _stop(after: int = 0, then: Callable[..., object] = lambda *_: None) -> Callable[..., object]:
    """A function that works ``after`` times and then is interrupted."""
    calls = iter([then] * after)

    def call(*values: object) -> object:
        function = next(calls, None)
        if function is None:
            raise KeyboardInterrupt
        return function(*values)

    return call


def test_after_a_purge_the_record_stays_and_the_texts_are_gone(
    lived: tuple[DataDir, dict[datetime, list[Row]]], copy: DataDir
) -> None:
    _, seen = lived
    close(copy)
    plan = plan_incident(copy, NAME)
    last = now()
    before = Witness(copy)()
    purge(copy, plan, code=plan.code, actor="mei")
    assert list_at(copy, NAME, datetime.now(UTC)).rows.num_rows == 0, "nothing is shown any more"
    for moment, rows in {**seen, last: before}.items():
        assert [(*r[:3], *r[4:]) for r in told(copy, moment)] == [(*r[:3], *r[4:]) for r in rows]
        assert all(row[3] is None for row in told(copy, moment))
    kept = b"".join(p.read_bytes() for p in copy.lists(NAME).rglob("*") if p.is_file())
    posts = [f"weibo:{n}".encode() for n in range(1, 100)]
    assert not [post for post in posts if post + b"\0" in kept], "no id of a post is left"
    for one in Lists(copy, NAME).shown():
        names = pq.read_table(one.path, columns=["exemplar_post_id"]).column(0).to_pylist()
        assert all(name.startswith("purged:") for name in names)


@pytest.mark.slow
def test_texts_that_are_too_old_go_and_later_ones_stay(
    lived: tuple[DataDir, dict[datetime, list[Row]]], copy: DataDir
) -> None:
    _, seen = lived
    staff = Staff(copy, 1)
    recent = Post(
        "feed:900", "s", "feed", "新桥明早八点开放", datetime.now(UTC), "c900", "test", author_key="k"
    )
    staff.crawl(0, recent)
    staff.run()
    moment, shown = now(), Witness(copy)()
    plan = plan_age(copy, NAME, 3)
    purge(copy, plan, code=plan.code, actor="mei")
    assert [row[3] for row in told(copy, moment)] == [
        row[3] if row[3] == "新桥明早八点开放" else None for row in shown
    ]
    assert [row[0] for row in told(copy, moment)] == [row[0] for row in shown]
    early = next(moment for moment, rows in seen.items() if rows)
    assert all(row[3] is None for row in told(copy, early))


@pytest.mark.slow
def test_the_text_is_that_of_the_moment_though_its_author_edited_it(data: DataDir) -> None:
    staff, witness = Staff(data, 2), Witness(data)
    post = Post("feed:1", "s", "feed", RUMORS[0], SEEN, "c1", "test", author_key="a", published_at=SEEN)
    staff.crawl(0, post)
    staff.run()
    before, shown = now(), witness()
    edited = replace(
        post, text=RUMORS[0] + "（已更正）", collected_at=SEEN + timedelta(hours=1), crawl_id="c2"
    )
    staff.crawl(0, edited)
    staff.run()
    assert shown[0][3] == RUMORS[0] != witness()[0][3]
    assert told(data, before) == shown
    assert told(data, now()) == witness()


@pytest.mark.slow
def test_without_the_files_of_a_list_its_waiting_merges_are_said_to_be_unknown(copy: DataDir) -> None:
    staff = Staff(copy, 4)
    staff.posts = 500
    staff.crawl(3)
    staff.run()
    staff.rule()
    moment = now()
    assert list_at(copy, NAME, moment).merges_known
    shutil.rmtree(copy.lake(NAME) / "claim_posts")
    assert not list_at(copy, NAME, moment).merges_known
    os.utime(copy.published(NAME), follow_symlinks=False)
    assert list_at(copy, NAME, moment).rows.num_rows > 0


def test_the_page_shows_a_moment_named_by_its_address(
    lived: tuple[DataDir, dict[datetime, list[Row]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, seen = lived
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    for moment, rows in [(moment, rows) for moment, rows in seen.items() if rows][::9]:
        at = visit("moment", incident=NAME, moment=named(moment))
        assert ranks(at) == [row[1] for row in rows]
        page = text_of(at)
        for row in rows:
            assert str(row[3])[:20] in page
        assert f"At {moment:%Y-%m-%d %H:%M:%S}" in page
    at = visit("moment", incident=NAME, moment=named(first_shown(data, NAME) - timedelta(hours=1)))
    assert "No list had been shown yet" in text_of(at)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("2026-03-13T09:00:00", "without a time zone"),
        ("2999-01-01T00:00:00Z", "lies ahead"),
        ("yesterday <img src=x>", "no moment that can be read"),
        ("0001-01-01T00:00:00+14:00", "no moment that can be read"),
        ("9" * 5_000, "no moment that can be read"),
    ],
)
def test_an_address_that_names_no_moment_shows_the_list_of_now_and_says_why(
    lived: tuple[DataDir, dict[datetime, list[Row]]],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    says: str,
) -> None:
    data, seen = lived
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    at = visit("moment", incident=NAME, moment=address)
    assert says in text_of(at) and "<img src" not in html_of(at)
    assert ranks(at) == [row[1] for row in list(seen.values())[-1]]


def test_a_day_and_a_minute_are_chosen_in_the_readers_zone(
    lived: tuple[DataDir, dict[datetime, list[Row]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = lived
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    latest = Lists(data, NAME).shown()[-1].shown_at
    at = visit("moment", incident=NAME)
    button(at, "← Earlier list").click().run()
    assert at.query_params["moment"] in (named(latest), [named(latest)])
    at = visit("moment", incident=NAME)
    at.date_input[0].set_value(SEEN.date())
    at.time_input[0].set_value(SEEN.time())
    button(at, "Show").click().run()
    assert at.query_params["moment"] in ("2026-03-13T12:00:00Z", ["2026-03-13T12:00:00Z"])
    assert "No list had been shown yet" in text_of(at)


def test_rank_at_a_moment_on_the_command_line(
    lived: tuple[DataDir, dict[datetime, list[Row]]], copy: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, seen = lived
    monkeypatch.setenv("CHENGQING_DATA", str(copy.root))
    moment, rows = next((moment, rows) for moment, rows in reversed(seen.items()) if rows)
    as_json = _rank("--at", moment.isoformat(), "--json")
    told_rows = json.loads(as_json)
    assert [(r["claim_id"], r["rank"], r["score"], r["claim"], r["status"]) for r in told_rows] == [
        (r[0], r[1], r[2], r[3], str(r[7])) for r in rows
    ]
    as_csv = list(csv.DictReader(io.StringIO(_rank("--at", moment.isoformat(), "--csv"))))
    assert [row["claim_id"] for row in as_csv] == [row[0] for row in rows]
    assert str(rows[0][0]) in _rank("--at", moment.isoformat())
    assert "1." in _rank("--at", moment.isoformat(), "--why")
    for bad, says in (
        ("2026-03-13T12:00:00Z", "no list was shown"),
        ("2999-01-01T00:00:00Z", "lies ahead"),
        ("2026-03-13T12:00:00", "no time zone"),
        ("noon", "is not a time"),
    ):
        result = CliRunner().invoke(cli, ["rank", NAME, "--at", bad])
        assert isinstance(result.exception, UsageError) and says in str(result.exception)


def _rank(*options: str) -> str:
    result = CliRunner().invoke(cli, ["rank", NAME, *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout
