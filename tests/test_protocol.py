"""The protocol: a file becomes an incident's checklist; who did what and who had the watch stand in the ledger."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import make_incident
from pipeline.cli import cli
from pipeline.errors import CoalitionError, StaleVersion, StoreError, UsageError
from pipeline.incident import Incident
from pipeline.ledger import Ledger
from pipeline.ledger.protocol import Checklist
from pipeline.paths import CHECKOUT, DataDir
from pipeline.protocol.checklist import board, hand_over, open_checklist
from pipeline.protocol.plan import SHIPPED, read_protocol


@pytest.fixture
def fire(data: DataDir) -> Incident:
    """An incident of the sample coalition, with partner-a on watch and its checklist made."""
    incident = make_incident(data, "fire")
    shutil.copy(CHECKOUT / "data" / "samples" / "coalition.toml", data.coalition)
    assert open_checklist(data, incident, actor="mei")
    return incident


def test_opening_makes_the_checklist_once_with_times_from_the_opening(data: DataDir, fire: Incident) -> None:
    assert not open_checklist(data, fire, actor="bo")
    items = board(data, fire).items
    assert [item.task.id for item in items] == [task.id for task in read_protocol(SHIPPED).tasks]
    first = items[0]
    assert first.due_at == fire.opened_at + timedelta(minutes=first.task.due)
    assert first.is_late(first.due_at + timedelta(seconds=1)) and not first.is_late(first.due_at)
    assert {item.lead for item in items} == {"partner-a"}


def test_a_task_is_done_and_undone_with_who_and_when(data: DataDir, fire: Incident) -> None:
    room = Checklist(data.ledger)
    told = room.tick("fire", "check-sources", True, actor="mei", note="all five")
    item = next(item for item in board(data, fire).items if item.task.id == "check-sources")
    assert item.done and item.ticked == told and told.actor == "mei"
    assert not item.is_late(item.due_at + timedelta(days=1))
    with pytest.raises(StaleVersion):
        room.tick("fire", "check-sources", False, actor="bo")
    room.tick("fire", "check-sources", False, actor="bo", seen=told.event_id)
    assert not next(item for item in board(data, fire).items if item.task.id == "check-sources").done
    assert [e.actor for e in room.events("fire") if e.kind == "task"] == ["bo", "mei"], "history keeps both"
    with pytest.raises(StoreError, match="no task"):
        room.tick("fire", "unheard-of", True, actor="mei")
    assert Ledger(data.ledger).verify() == 3


def test_the_watch_goes_from_hand_to_hand_with_a_note(data: DataDir, fire: Incident) -> None:
    assert board(data, fire).on_watch == "partner-a"
    with pytest.raises(StoreError, match="needs a note"):
        hand_over(data, fire, "partner-b", actor="mei", note=" ", seen=0)
    with pytest.raises(CoalitionError):
        hand_over(data, fire, "partner-z", actor="mei", note="x", seen=0)
    with pytest.raises(StoreError, match="already"):
        hand_over(data, fire, "partner-a", actor="mei", note="x", seen=0)
    watch = hand_over(data, fire, "partner-b", actor="mei", note="city called back at 9", seen=0)
    assert (watch.before, watch.partner) == ("partner-a", "partner-b")
    with pytest.raises(StaleVersion):
        hand_over(data, fire, "partner-c", actor="bo", note="x", seen=0)
    now = board(data, fire)
    assert (now.on_watch, now.seen, now.items[0].lead) == ("partner-b", watch.event_id, "partner-b")


def test_an_edited_file_does_not_change_what_was_promised(data: DataDir, fire: Incident) -> None:
    before = {item.task.id: item.due_at for item in board(data, fire).items}
    text = (
        SHIPPED.read_text(encoding="utf-8")
        .replace("due = 30", "due = 999")
        .replace('"ask-official"', '"ask-city"')
    )
    (data.root / "protocol.toml").write_text(text, encoding="utf-8")
    assert {item.task.id: item.due_at for item in board(data, fire).items} == before


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "protocol.toml"
    path.write_text(
        '[[phases]]\nid = "a"\nname = { en = "A" }\n[[phases.tasks]]\nid = "t"\nrole = "chief"\nwhen = 3\n'
        '[[phases.tasks]]\nid = "t"\nname = { en = "x", zh-Hans = "x", zh-Hant = "x" }\ndue = -1\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError) as caught:
        read_protocol(path)
    told = str(caught.value)
    for problem in ("phase a: needs name", "role 'chief'", "knows no when", "due is missing", "used twice"):
        assert problem in told


def test_the_command_line_shows_ticks_and_hands_over(
    data: DataDir, fire: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    run = CliRunner().invoke
    assert run(cli, ["protocol", "done", "fire", "confirm-watch", "--by", "mei"]).exit_code == 0
    assert (
        run(cli, ["protocol", "hand-over", "fire", "partner-b", "--note", "n", "--by", "mei"]).exit_code == 0
    )
    told = json.loads(run(cli, ["protocol", "show", "fire", "--language", "zh-Hant", "--json"]).stdout)
    assert told["on_watch"] == "partner-b"
    stands = {task["task"]: task["stands"] for task in told["tasks"]}
    assert stands["confirm-watch"] == "done" and stands["check-sources"] == "late"
    assert told["tasks"][0]["what"] == read_protocol(SHIPPED).tasks[0].names["zh-Hant"]
