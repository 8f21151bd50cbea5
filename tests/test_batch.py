"""Runs: the same input gives the same bytes, people's word wins, and failure harms nothing."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import SAMPLE, make_incident, sample_posts, store_posts
from pipeline import batch, stages
from pipeline.batch import Wish, run_incident, run_lock
from pipeline.errors import StageError, UnknownName, UsageError
from pipeline.files import locked
from pipeline.incident import find_incident
from pipeline.ledger import Ledger
from pipeline.ledger.assessments import Assessments
from pipeline.paths import DataDir
from pipeline.questions import ask
from pipeline.records import Post, RulingKind, Status, Triage
from pipeline.rubric import load_rubric
from pipeline.runs import RunRegistry
from pipeline.tables import DERIVED

NOW = datetime(2026, 3, 13, 12, tzinfo=UTC)
WATER = "唐人街的自来水被污染了不能喝"
FIRE = "消防局说喜鹊楼火灾造成一人遇难七人受伤"


def post(number: int, text: str, **values: object) -> Post:
    at = NOW - timedelta(minutes=100 - number)
    base = Post(
        f"feed:{number}", "s", "feed", text, NOW, "crawl", "test", author_key=str(number), published_at=at
    )
    return replace(base, **values)  # type: ignore[arg-type]


def claims_of(data: DataDir, incident: str = "fire") -> dict[str, str]:
    rows = ask(data, incident, "select post_id, claim_id from claim_posts", {})
    return {row["post_id"]: row["claim_id"] for row in rows}


def derived_bytes(data: DataDir, incident: str) -> dict[str, str]:
    """Hash of every derived file by table and file name."""
    lake = data.lake(incident)
    files = [file for table in DERIVED for file in sorted((lake / table.name).glob("*.parquet"))]
    return {str(file.relative_to(lake)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def run(data: DataDir, incident: str = "fire", wish: Wish | None = None) -> dict[str, str]:
    done = run_incident(data, find_incident(data, incident), wish)
    return {stage.stage: stage.status for stage in done.stages}


@pytest.fixture
def fire(data: DataDir) -> DataDir:
    make_incident(data, "fire")
    store_posts(
        data,
        "fire",
        [post(1, WATER), post(2, WATER + "！"), post(3, FIRE), post(4, "真的吗", parent_id="feed:1")],
    )
    return data


def test_the_same_input_gives_the_same_bytes_anywhere(fire: DataDir, tmp_path: Path) -> None:
    run(fire)
    other = DataDir(tmp_path / "elsewhere")
    make_incident(other, "fire")
    shutil.copytree(fire.raw("fire"), other.raw("fire"))
    run(other)
    assert derived_bytes(fire, "fire") == derived_bytes(other, "fire") != {}


def test_computing_anew_gives_the_same_bytes(sample: DataDir) -> None:
    run(sample, SAMPLE)  # ids are handed down from here on
    before = derived_bytes(sample, SAMPLE)
    statuses = run(sample, SAMPLE, Wish(first="collect"))
    assert set(statuses.values()) == {"done"}
    after = derived_bytes(sample, SAMPLE)
    assert {name: after[name] for name in before} == before


def test_a_second_run_reuses_what_stands(fire: DataDir) -> None:
    run(fire)
    run(fire)
    statuses = run(fire)
    assert {name for name, status in statuses.items() if status == "reused"} == {
        "collect", "normalize", "segment", "group", "claims", "match", "rank",
    }  # fmt: skip


def test_a_reply_belongs_to_the_claim_it_reacts_to(fire: DataDir) -> None:
    run(fire)
    claims = claims_of(fire)
    assert claims["feed:1"] == claims["feed:2"] == claims["feed:4"] != claims["feed:3"]
    rows = ask(fire, "fire", "select post_id, role, asks from claim_posts order by post_id", {})
    assert [(row["role"], row["asks"]) for row in rows] == [
        ("carries", False), ("repeats", False), ("carries", False), ("replies", True),
    ]  # fmt: skip


def test_ids_stay_when_earlier_posts_arrive_late(fire: DataDir) -> None:
    run(fire)
    before = claims_of(fire)
    store_posts(
        fire,
        "fire",
        [post(0, WATER, published_at=NOW - timedelta(days=1)), post(-5, "别的消息：学校停课一周")],
    )
    run(fire)
    after = claims_of(fire)
    assert {name: after[name] for name in before} == before
    assert after["feed:0"] == before["feed:1"]


def test_peoples_rulings_win_and_survive_reruns(fire: DataDir) -> None:
    run(fire)
    ledger = Ledger(fire.ledger)
    ledger.rule("fire", RulingKind.MUST, "feed:1", "feed:3", actor="mei")
    run(fire)
    merged = claims_of(fire)
    assert merged["feed:1"] == merged["feed:3"]
    ledger.rule("fire", RulingKind.MUST_NOT, "feed:1", "feed:3", actor="bo")
    run(fire, wish=Wish(first="collect"))
    split = claims_of(fire)
    assert split["feed:1"] != split["feed:3"]
    aliases = ask(fire, "fire", "select * from claim_aliases", {})
    assert aliases == []


def test_a_decided_claim_is_found_again_when_the_lake_is_lost(fire: DataDir) -> None:
    run(fire)
    claim = claims_of(fire)["feed:1"]
    Ledger(fire.ledger).decide(
        Triage("fire", claim, status=Status.ANSWERED, anchor_posts=("feed:1",)), actor="mei"
    )
    store_posts(fire, "fire", [post(-9, WATER, published_at=NOW - timedelta(days=9))])
    shutil.rmtree(fire.lake("fire"))
    fire.memory("fire").unlink()
    fire.runs.unlink()
    run(fire)
    assert claims_of(fire)["feed:1"] == claim
    assert ask(fire, "fire", "select status from triage", {}) == [{"status": "answered"}]


def test_a_replay_stands_beside_the_list_of_now_and_touches_no_id(fire: DataDir) -> None:
    run(fire)
    before, then = claims_of(fire), NOW - timedelta(minutes=98, seconds=30)
    run(fire, wish=Wish(as_of=then))
    replayed = ask(fire, "fire", "select post_id, claim_id from claim_posts", {}, then)
    assert replayed == [{"post_id": "feed:1", "claim_id": before["feed:1"]}]
    assert claims_of(fire) == before
    run(fire)
    assert claims_of(fire) == before


def test_a_replay_knows_no_counts_seen_later(fire: DataDir) -> None:
    later = NOW + timedelta(hours=9)
    store_posts(fire, "fire", [post(1, WATER, likes=3), post(1, WATER, likes=90_000, collected_at=later)])
    run(fire, wish=Wish(as_of=NOW + timedelta(minutes=1)))
    likes = "select likes from posts where post_id = 'feed:1'"
    assert ask(fire, "fire", likes, {}, NOW + timedelta(minutes=1)) == [{"likes": 3}]
    run(fire)
    assert ask(fire, "fire", likes, {}) == [{"likes": 90_000}]


def test_a_later_sighting_without_time_or_counts_erases_nothing(fire: DataDir) -> None:
    later = post(1, WATER, collected_at=NOW + timedelta(hours=1), published_at=None, likes=None)
    store_posts(fire, "fire", [post(1, WATER, likes=5), later])
    run(fire)
    kept = ask(
        fire,
        "fire",
        "select likes, published_at is not null as timed from posts where post_id = 'feed:1'",
        {},
    )
    assert kept == [{"likes": 5, "timed": True}]


def test_undoing_a_merge_gives_both_ids_back(fire: DataDir) -> None:
    run(fire)
    before = claims_of(fire)
    ledger = Ledger(fire.ledger)
    ledger.rule("fire", RulingKind.MUST, "feed:1", "feed:3", actor="mei")
    run(fire)
    ledger.rule("fire", RulingKind.MUST_NOT, "feed:1", "feed:3", actor="bo")
    run(fire)
    assert claims_of(fire) == before
    assert ask(fire, "fire", "select * from claim_aliases", {}) == []


def test_a_decided_claim_whose_post_turns_out_to_be_a_reply_still_resolves(fire: DataDir) -> None:
    reply = post(5, "学校停课一周的消息是老师说的", parent_id="feed:9")
    store_posts(fire, "fire", [reply])
    run(fire)
    claim = claims_of(fire)["feed:5"]
    Ledger(fire.ledger).decide(
        Triage("fire", claim, status=Status.ANSWERED, anchor_posts=("feed:5",)), actor="mei"
    )
    store_posts(fire, "fire", [post(9, "今天晚上大家都吃了什么好吃的")])
    for _ in range(2):
        run(fire)
        now = claims_of(fire)["feed:5"]
        assert ask(fire, "fire", "select * from claim_aliases", {}) == [
            {"old_claim_id": claim, "claim_id": now}
        ]
        conflicts = ask(
            fire, "fire", "select claim_id, conflict_ids from claims where len(conflict_ids) > 0", {}
        )
        assert conflicts == [{"claim_id": now, "conflict_ids": [claim]}]


def test_two_decided_claims_that_a_person_joins_are_no_conflict(fire: DataDir) -> None:
    run(fire)
    claims, ledger = claims_of(fire), Ledger(fire.ledger)
    for name in ("feed:1", "feed:3"):
        ledger.decide(Triage("fire", claims[name], anchor_posts=(name,)), actor="mei")
    ledger.rule("fire", RulingKind.MUST, "feed:1", "feed:3", actor="mei")
    run(fire)
    assert ask(fire, "fire", "select count(*) as n from claim_aliases", {}) == [{"n": 1}]
    assert ask(fire, "fire", "select count(*) as n from claims where len(conflict_ids) > 0", {}) == [{"n": 0}]


def test_what_is_said_below_a_picture_is_not_lost(fire: DataDir) -> None:
    store_posts(
        fire, "fire", [post(30, "😀"), post(31, "华埠学校全部停课两周请家长注意", parent_id="feed:30")]
    )
    run(fire)
    assert "feed:31" in claims_of(fire)
    assert "feed:30" not in claims_of(fire)


def test_an_incident_of_pictures_alone_can_be_published(data: DataDir) -> None:
    make_incident(data, "fire")
    store_posts(data, "fire", [post(1, "😀😀"), post(2, "转发微博")])
    run(data)
    assert claims_of(data) == {}


def test_impossible_times_do_not_stop_a_run(fire: DataDir) -> None:
    odd = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), NOW + timedelta(hours=9)]
    store_posts(
        fire,
        "fire",
        [post(40 + n, f"某处发生的第{n}件大事请大家注意", published_at=t) for n, t in enumerate(odd)],
    )
    run(fire)
    rows = ask(
        fire, "fire", "select post_id, published_at is null as unknown, posted_at from posts order by all", {}
    )
    found = {row["post_id"]: (row["unknown"], row["posted_at"]) for row in rows}
    assert found["feed:40"] == found["feed:41"] == (True, NOW)
    assert found["feed:42"] == (False, NOW)
    assert ask(
        fire, "fire", "select count(*) as n from claims anti join ranked_claims using (claim_id)", {}
    ) == [{"n": 0}]


def test_a_ruling_that_cannot_be_obeyed_is_told(fire: DataDir) -> None:
    ledger = Ledger(fire.ledger)
    ledger.rule("fire", RulingKind.MUST, "feed:1", "nowhere:9", actor="mei")
    ledger.rule("fire", RulingKind.MUST_NOT, "feed:1", "feed:2", actor="mei")
    done = run_incident(fire, find_incident(fire, "fire"))
    rejects = next(stage.rejects for stage in done.stages if stage.stage == "group")
    assert sorted(rejects.values()) == [1, 1]


def test_harm_as_people_assessed_it_counts_from_the_next_run(fire: DataDir) -> None:
    run(fire)
    claim = claims_of(fire)["feed:1"]
    sql = "select harm, harm_assessed from ranked_claims where claim_id = $claim"
    (before,) = ask(fire, "fire", sql, {"claim": claim})
    assert not before["harm_assessed"]
    rubric, moment = load_rubric(fire), datetime.now(UTC)
    question = next(q for q in rubric.questions if q.part == "harm")
    Assessments(fire.ledger).assess(
        "fire", claim, {question.id: question.highest}, rubric=rubric, actor="mei"
    )
    run(fire)
    assert ask(fire, "fire", sql, {"claim": claim}) == [{"harm": 1.0, "harm_assessed": True}]
    run_incident(fire, find_incident(fire, "fire"), Wish(as_of=moment))
    replayed = duckdb.connect(str(fire.published("fire", moment).resolve()), read_only=True)
    assert replayed.execute("select count(*) from ranked_claims where harm_assessed").fetchall() == [(0,)]
    replayed.close()


def test_a_ruling_on_a_reply_speaks_about_its_claim(fire: DataDir) -> None:
    Ledger(fire.ledger).rule("fire", RulingKind.MUST, "feed:4", "feed:3", actor="mei")
    run(fire)
    claims = claims_of(fire)
    assert claims["feed:1"] == claims["feed:3"]


def test_a_reused_stage_still_says_what_it_left_out(fire: DataDir) -> None:
    store_posts(fire, "fire", [post(9, "转发微博")])
    for _ in range(3):
        done = run_incident(fire, find_incident(fire, "fire"))
        stage = next(stage for stage in done.stages if stage.stage == "normalize")
        assert list(stage.rejects.values()) == [1]
    assert stage.status == "reused"


def test_a_run_killed_between_publishing_and_saying_so_has_published(fire: DataDir) -> None:
    run(fire)
    registry = RunRegistry(fire.runs)
    with sqlite3.connect(fire.runs) as connection:
        connection.execute("update run set status = 'running', finished_at = null")
    store_posts(fire, "fire", [post(50, "一条全新的消息说桥今晚要封闭")])
    before = claims_of(fire)
    run(fire)
    assert [r.status for r in registry.runs("fire")] == ["done", "done"]
    after = claims_of(fire)
    assert {name: after[name] for name in before} == before


def test_incidents_with_one_name_inside_the_other_do_not_meet(fire: DataDir) -> None:
    make_incident(fire, "fire-2")
    store_posts(fire, "fire-2", [post(1, WATER)])
    run(fire, "fire-2")
    building = fire.warehouse / ".fire-2-9.duckdb.tmp"
    building.write_text("another process is at it")
    run(fire)
    assert building.exists()


def test_a_failed_stage_leaves_the_last_good_warehouse(
    fire: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(fire)
    good = fire.published("fire").resolve()

    def broken(*_: object) -> None:
        raise StageError("the disk is full")

    monkeypatch.setattr(stages, "rank", broken)
    with pytest.raises(StageError, match="disk is full"):
        run(fire, wish=Wish(first="collect"))
    assert fire.published("fire").resolve() == good
    last = RunRegistry(fire.runs).runs("fire")[-1]
    assert (last.status, last.error) == ("failed", "the disk is full")
    assert claims_of(fire)


def test_ids_survive_the_loss_of_everything_derived(fire: DataDir) -> None:
    run(fire)
    before = claims_of(fire)
    store_posts(fire, "fire", [post(-9, WATER, published_at=NOW - timedelta(days=9))])
    shutil.rmtree(fire.lake("fire"))
    shutil.rmtree(fire.warehouse)
    run(fire)
    after = claims_of(fire)
    assert {name: after[name] for name in before} == before


def test_only_one_run_at_a_time(fire: DataDir) -> None:
    with locked(run_lock(fire, "fire"), wait=False) as mine:
        assert mine
        with pytest.raises(StageError, match="another run"):
            run(fire)
    run(fire)


def test_one_stage_alone_needs_what_comes_before_it(fire: DataDir) -> None:
    with pytest.raises(StageError, match="nothing to compute rank alone on"):
        run(fire, wish=Wish(only="rank"))
    run(fire)
    version = fire.published("fire").resolve()
    statuses = run(fire, wish=Wish(only="group"))
    assert statuses == {"group": "done"}
    assert run(fire, wish=Wish(only="rank")) == {"rank": "done"}
    with pytest.raises(UsageError, match="chengqing publish fire"):
        run(fire, wish=Wish(only="publish"))
    assert fire.published("fire").resolve() == version


def test_an_unknown_stage_is_named(fire: DataDir) -> None:
    with pytest.raises(UnknownName, match="collect, normalize, segment"):
        run(fire, wish=Wish(first="cluster"))


def test_an_incident_without_posts_says_what_to_do(data: DataDir) -> None:
    make_incident(data, "empty")
    with pytest.raises(StageError, match="chengqing crawl empty"):
        run(data, "empty")


def test_a_post_without_words_is_counted_and_not_lost(fire: DataDir) -> None:
    store_posts(fire, "fire", [post(9, "转发微博"), post(10, "😀😀")])
    done = run_incident(fire, find_incident(fire, "fire"))
    rejects = {s.stage: s.rejects for s in done.stages}["normalize"]
    assert list(rejects.values()) == [2]
    assert "feed:9" not in claims_of(fire)
    assert ask(fire, "fire", "select count(*) as n from posts", {})[0]["n"] == 6


def test_nothing_is_encoded_twice(fire: DataDir) -> None:
    run(fire)
    folder = fire.lake("fire") / "vectors"
    first = {file: file.stat().st_mtime_ns for file in folder.rglob("*.parquet")}
    store_posts(fire, "fire", [post(20, "另一条全新的消息来了大家看看")])
    run(fire)
    second = {file: file.stat().st_mtime_ns for file in folder.rglob("*.parquet")}
    assert first.items() < second.items()
    assert ask(fire, "fire", "select count(*) as n, count(distinct text_key) as k from vectors", {}) == [
        {"n": 3, "k": 3}
    ]


def test_runs_record_versions_counts_and_memory(fire: DataDir) -> None:
    run(fire)
    row = ask(fire, "fire", "select * from runs", {})[0]
    assert row["status"] == "done"
    assert row["encoder"]
    assert row["lexicon"]
    assert row["code_version"].startswith("0.")
    stage_rows = ask(
        fire, "fire", "select stage, rows_in, seconds, peak_mb from stage_runs where stage = 'normalize'", {}
    )
    assert stage_rows[0]["rows_in"] == 4
    assert stage_rows[0]["seconds"] > 0
    assert stage_rows[0]["peak_mb"] > 10


def test_the_sample_has_its_ten_families_on_the_list(sample_template: DataDir) -> None:
    rows = ask(sample_template, SAMPLE, "select count(*) as n from claims where carrier_count >= 3", {})
    assert rows[0]["n"] >= 30
    assert len(sample_posts()) >= 1500
    assert batch.KEPT_VERSIONS == 3
