"""The page of alerts and the worker's panel: three languages, states, and strangers' text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk_world import INCIDENT, build_world
from hostile import TEXTS, storable
from pipeline.alerts import Alert, AlertBook, alert_file
from pipeline.alerts.book import Raised
from pipeline.alerts.facts import excerpt
from pipeline.paths import DataDir
from pipeline.worker import Beat, WorkerBook, worker_file
from test_dashboard_app import html_of, text_of, visit


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    data = build_world(tmp_path_factory.mktemp("alerts"), claims=5)
    now = datetime.now(UTC)
    told = [{"claim_id": "c-1", "claim": excerpt(storable(text)), "rank": 1, "top": 5} for text in TEXTS]
    found = [
        Alert(f"{INCIDENT}/top/{n}", INCIDENT, "rank", "top", n % 2 == 0, one, now)
        for n, one in enumerate(told)
    ]
    found.append(Alert("e/crawl/1", "elsewhere", "crawl", "c", False, {"source": "s", "why": "changed"}, now))
    AlertBook(alert_file(data)).raise_all(Raised(found), {found[0].key: [("mei", "email")]})
    book = WorkerBook(worker_file(data))
    turn = book.begin(INCIDENT, now, 3, now)
    book.end(turn, "failed", now, {"run": 4}, "run: <script>window.pwned = 1</script>")
    book.put_beat(Beat(1, now, now - timedelta(minutes=9), None, "<img src=x onerror=alert(1)>"))
    book.pause(INCIDENT, "mei", now)
    return data


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("among the first 5", "Paused by mei", "No sign of life", "Failed")),
        ("zh-Hans", ("进入前 5 位", "已由mei暂停", "没有动静了", "失败")),
        ("zh-Hant", ("進入前 5 位", "已由mei暫停", "沒有動靜了", "失敗")),
    ],
)
def test_the_page_says_what_was_raised_and_how_the_worker_is(
    world: DataDir, monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(world.root))
    at = visit("alerts", language=language)
    assert [word for word in words if word not in text_of(at)] == []
    assert html_of(at).count("<tr>") == 2 + len(TEXTS) + 1, "the other incident's alert is not here"
    assert "<script>window" not in html_of(at)
    assert "<img" not in html_of(at)


def test_the_health_page_has_the_panel_and_looking_makes_no_file(
    world: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(world.root))
    at = visit("health")
    assert "No sign of life" in text_of(at)
    assert any(link.proto.label == "Alerts" for link in at.get("page_link"))
    empty = build_world(tmp_path, claims=2)
    before = sorted(empty.root.rglob("*.sqlite3"))
    monkeypatch.setenv("CHENGQING_DATA", str(empty.root))
    assert "chengqing worker" in text_of(visit("alerts"))
    assert "Nothing was raised" in text_of(visit("alerts"))
    assert sorted(empty.root.rglob("*.sqlite3")) == before
