"""Outreach, hours and capacity: what people told stands, and what will not be worked is said."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conftest import SAMPLE
from pipeline.batch import republish
from pipeline.cli import cli
from pipeline.errors import CoalitionError, StaleVersion, StoreError, UnknownName, UsageError
from pipeline.ledger import Ledger
from pipeline.ledger.outreach import Hours, Outreach
from pipeline.paths import CHECKOUT, DataDir
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


def test_a_correction_stands_and_the_wording_before_is_kept(tmp_path: Path) -> None:
    room = Outreach(tmp_path / "ledger.sqlite3")
    told: dict[str, Any] = {"on": DAY, "about": "our rating", "actor": "mei", "stance": "critical"}
    first = room.add("fire", "Tenants' paper", outcome="will print", **told)
    other = room.add("fire", "City hall", outcome="=1+1", **told)
    second = room.correct("fire", first, "Tenants' paper", outcome="will print on Friday", **told)
    third = room.correct("fire", second, "Tenants' Weekly", outcome="will print on Friday", **told)
    assert [(one.event_id, one.whom) for one in room.all("fire")] == [
        (other, "City hall"),
        (third, "Tenants' Weekly"),
    ]
    assert [one.event_id for one in room.earlier("fire", room.all("fire")[1])] == [second, first]
    with pytest.raises(StaleVersion, match="look again"):
        room.correct("fire", first, "Tenants' paper", outcome="x", **told)
    with pytest.raises(StoreError, match="what came of it"):
        room.correct("fire", third, "Tenants' paper", outcome=" ", **told)
    room.take_back("fire", third, actor="mei")
    assert [one.event_id for one in room.all("fire")] == [other, second], "the wording before stands again"


def test_the_outreach_log_is_taken_as_a_file_on_the_record(
    sample: DataDir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(sample.root))

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["protocol", *words])

    assert run("met", SAMPLE, "=HYPERLINK(1)", "--outcome", "会转达", "--by", "mei").exit_code == 0
    entry = str(json.loads(run("outreach", SAMPLE, "--json").stdout)[0]["entry"])
    assert run("correct", SAMPLE, entry, "--outcome", "会转告，周五答复", "--by", "mei").exit_code == 0
    path = tmp_path / "log.csv"
    assert run("outreach", SAMPLE, "--to", str(path)).exit_code == 2, "nobody takes it unnamed"
    assert run("outreach", SAMPLE, "--history", "--to", str(path), "--by", "mei").exit_code == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert [row["outcome"] for row in rows] == ["会转告，周五答复", "会转达"]
    assert {row["whom"] for row in rows} == {"'=HYPERLINK(1)"} and rows[0]["corrects"] == entry
    taken = [event for event in Ledger(sample.ledger).events(SAMPLE) if event.kind == "export"]
    assert taken[0].actor == "mei" and taken[0].payload["rows"] == 2
    gone = run("correct", SAMPLE, entry, "--outcome", "x", "--by", "mei")
    assert isinstance(gone.exception, UnknownName), "it was corrected since: its number stands no more"


def test_the_watch_is_offered_accepted_and_declined_by_command(
    sample: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    partners = (CHECKOUT / "data" / "samples" / "coalition.toml").read_text(encoding="utf-8")
    sample.coalition.write_text(partners, encoding="utf-8")
    monkeypatch.setenv("CHENGQING_DATA", str(sample.root))

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["protocol", *words])

    nobody = run("accept", SAMPLE, "--by", "lok")
    assert isinstance(nobody.exception, UsageError) and "nobody offers" in str(nobody.exception)
    shown = json.loads(run("show", SAMPLE, "--json").stdout)
    holder, other = shown["on_watch"], "partner-b"
    assert shown["offered"] is None and holder != other
    stranger = run("offer", SAMPLE, "nobody-here", "--note", "n", "--by", "mei")
    assert isinstance(stranger.exception, CoalitionError)
    assert run("offer", SAMPLE, other, "--note", "two drafts wait", "--by", "mei").exit_code == 0
    again = run("offer", SAMPLE, other, "--note", "again", "--by", "mei")
    assert isinstance(again.exception, StaleVersion) and again.exception.code == "watch_offered"
    waits = json.loads(run("show", SAMPLE, "--json").stdout)
    assert (waits["on_watch"], waits["offered"]["to"]) == (holder, other)
    assert f"offered to {other}" in run("show", SAMPLE).stdout
    declined = run("decline", SAMPLE, "--note", "no hands", "--by", "lok")
    assert declined.exit_code == 0 and holder in declined.stdout
    assert run("offer", SAMPLE, other, "--note", "please", "--by", "mei").exit_code == 0
    assert f"{other} has the watch" in run("accept", SAMPLE, "--by", "lok").stdout
    assert json.loads(run("show", SAMPLE, "--json").stdout)["on_watch"] == other


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
