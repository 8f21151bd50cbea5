"""Outreach, hours and capacity: what people told stands, and what will not be worked is said."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import SAMPLE
from pipeline.batch import republish
from pipeline.cli import cli
from pipeline.errors import StoreError
from pipeline.ledger import Ledger
from pipeline.ledger.outreach import Hours, Outreach
from pipeline.paths import DataDir
from pipeline.protocol.capacity import capacity, fit
from pipeline.questions import ask
from pipeline.records import Status, Triage

DAY = date(2026, 3, 14)


def test_critics_are_written_down_with_what_came_of_it(tmp_path: Path) -> None:
    room = Outreach(tmp_path / "ledger.sqlite3")
    told = {"on": DAY, "about": "our rating", "actor": "mei"}
    first = room.add("fire", "Tenants' paper", stance="critical", outcome="will print a reply", **told)  # type: ignore[arg-type]
    one = room.all("fire")[0]
    assert (one.whom, one.on, one.stance, one.outcome) == (
        "Tenants' paper",
        DAY,
        "critical",
        "will print a reply",
    )
    with pytest.raises(StoreError, match="what came of it"):
        room.add("fire", "City hall", stance="neutral", outcome=" ", **told)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="stance"):
        room.add("fire", "City hall", stance="enemy", outcome="x", **told)  # type: ignore[arg-type]
    room.take_back("fire", first, actor="mei")
    assert room.all("fire") == []


def test_the_last_word_on_hours_counts(tmp_path: Path) -> None:
    room = Hours(tmp_path / "ledger.sqlite3")
    room.offer("fire", DAY, 6, actor="mei")
    room.offer("fire", DAY, 2.5, actor="mei")
    room.offer("fire", DAY, 1, actor="bo")
    assert room.on("fire", DAY) == {"mei": 2.5, "bo": 1.0}
    with pytest.raises(StoreError, match="0 to 24"):
        room.offer("fire", DAY, 25, actor="mei")


def test_only_whole_claims_fit() -> None:
    told = fit(DAY, [2.5, 1.0, 0.0], ["a", "b", "c", "d"], 1.5)
    assert (told.worked, told.not_worked, told.people) == (("a", "b"), ("c", "d"), 2)
    assert fit(DAY, [], ["a"], 1.5).worked == ()


def test_claims_that_will_not_be_worked_are_said(sample: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    republish(sample, SAMPLE)
    ranked = [
        row["claim_id"] for row in ask(sample, SAMPLE, "select claim_id from ranked_claims order by rank", {})
    ]
    Ledger(sample.ledger).decide(Triage(SAMPLE, ranked[0], status=Status.ANSWERED), actor="mei")
    today = datetime.now(UTC).date()
    Hours(sample.ledger).offer(SAMPLE, today, 3, actor="mei")
    told = capacity(sample, SAMPLE, today)
    assert told.worked == tuple(ranked[1:3]) and told.not_worked == tuple(ranked[3:100])
    monkeypatch.setenv("CHENGQING_DATA", str(sample.root))
    shown = json.loads(CliRunner().invoke(cli, ["protocol", "capacity", SAMPLE, "--json"]).stdout)
    assert shown["worked"] == ranked[1:3] and ranked[50] in shown["not_worked"]
