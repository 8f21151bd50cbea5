"""The ledger: nothing acknowledged is lost, nobody overwrites anybody, the past does not change."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pipeline.errors import StaleVersion, StoreError
from pipeline.ledger import MAX_NOTE_CHARS, Ledger
from pipeline.paths import DataDir
from pipeline.records import Rating, RulingKind, Status, Triage


@pytest.fixture
def ledger(data: DataDir) -> Ledger:
    return Ledger(data.ledger)


def test_a_decision_is_kept_with_who_and_when(ledger: Ledger) -> None:
    stored = ledger.decide(
        Triage("fire", "c-1", status=Status.IN_REVIEW, assignee="mei", note="查一下"), actor="mei"
    )
    assert stored.version == 1
    assert stored.updated_by == "mei"
    assert stored.updated_at is not None
    assert stored.updated_at.utcoffset() is not None
    assert Ledger(ledger.path).triage("fire") == {"c-1": stored}


def test_a_stale_edit_is_refused_and_neither_version_is_lost(ledger: Ledger) -> None:
    first = ledger.decide(Triage("fire", "c-1", note="mei's"), actor="mei")
    second = ledger.decide(replace(first, note="bo's", rating=Rating.MISLEADING), actor="bo")
    with pytest.raises(StaleVersion) as caught:
        ledger.decide(replace(first, note="mei's second"), actor="mei")
    assert caught.value.mine["note"] == "mei's second"
    assert caught.value.theirs["note"] == "bo's"
    assert ledger.triage("fire")["c-1"] == second


def test_two_first_decisions_cannot_both_win(ledger: Ledger) -> None:
    ledger.decide(Triage("fire", "c-1", note="mei's"), actor="mei")
    with pytest.raises(StaleVersion):
        ledger.decide(Triage("fire", "c-1", note="bo's"), actor="bo")


def test_twenty_at_once_each_win_once(ledger: Ledger) -> None:
    def attempt(number: int) -> bool:
        try:
            Ledger(ledger.path).decide(Triage("fire", f"c-{number % 5}", note=str(number)), actor=str(number))
        except StaleVersion:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(attempt, range(20)))
    assert sum(won) == 5
    assert ledger.verify() == 5


@pytest.mark.parametrize("table", ["event", "match_ruling"])
@pytest.mark.parametrize("change", ["update {table} set actor = 'x'", "delete from {table}"])
def test_the_past_cannot_be_changed(ledger: Ledger, table: str, change: str) -> None:
    ledger.rule("fire", RulingKind.MUST, "a", "b", actor="mei")
    with (
        sqlite3.connect(ledger.path) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(change.format(table=table))


def test_tampering_behind_the_triggers_shows(ledger: Ledger) -> None:
    for number in range(3):
        ledger.decide(Triage("fire", f"c-{number}"), actor="mei")
    assert ledger.verify() == 3
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("drop trigger event_no_update")
        connection.execute("update event set actor = 'bo' where event_id = 2")
    with pytest.raises(StoreError, match="event 2"):
        ledger.verify()


def test_a_state_that_was_changed_behind_the_events_shows(ledger: Ledger) -> None:
    ledger.decide(Triage("fire", "c-1", note="one"), actor="mei")
    with sqlite3.connect(ledger.path) as connection:
        connection.execute("update triage set note = 'other'")
    with pytest.raises(StoreError, match="stands otherwise"):
        ledger.verify()


def test_a_folder_with_a_mark_in_its_name_is_no_trap(data: DataDir) -> None:
    path = data.root / "a#b?c %41" / "ledger.sqlite3"
    Ledger(path).decide(Triage("fire", "c-1"), actor="mei")
    assert path.exists()


def test_a_ruling_needs_two_posts(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="two posts"):
        ledger.rule("fire", RulingKind.MUST, "a", "a", actor="mei")


def test_rulings_come_back_in_order_and_sorted_within(ledger: Ledger) -> None:
    ledger.rule("fire", RulingKind.MUST, "b", "a", actor="mei", reason="same")
    ledger.rule("fire", RulingKind.MUST_NOT, "a", "b", actor="bo")
    ledger.rule("flood", RulingKind.MUST, "a", "b", actor="bo")
    rulings = ledger.rulings("fire")
    assert [(r.kind, r.left_post, r.right_post, r.actor) for r in rulings] == [
        (RulingKind.MUST, "a", "b", "mei"),
        (RulingKind.MUST_NOT, "a", "b", "bo"),
    ]


def test_events_tell_who_did_what_newest_first(ledger: Ledger) -> None:
    ledger.decide(Triage("fire", "c-1", note="one"), actor="mei")
    ledger.rule("fire", RulingKind.MUST, "a", "b", actor="bo")
    kinds = [(event.kind, event.actor) for event in ledger.events("fire")]
    assert kinds == [("ruling", "bo"), ("triage", "mei")]
    assert [e.payload["note"] for e in ledger.events("fire", "c-1")] == ["one"]
    assert ledger.state("fire") == 2
    assert ledger.state("flood") == 0


def test_a_reader_cannot_write_and_needs_no_file(data: DataDir) -> None:
    reader = Ledger(data.ledger, read_only=True)
    assert reader.triage("fire") == {}
    assert not data.ledger.exists()
    Ledger(data.ledger)
    with pytest.raises(StoreError, match="readonly"):
        Ledger(data.ledger, read_only=True).decide(Triage("fire", "c-1"), actor="mei")


def test_hostile_text_is_stored_verbatim(ledger: Ledger) -> None:
    text = "'; drop table event; --\x00\u202e<script>😀"
    stored = ledger.decide(Triage("fire", "c-1", note=text, anchor_posts=(text,)), actor=text)
    assert stored.note == text
    assert stored.anchor_posts == (text,)
    assert ledger.verify() == 1


def test_a_note_without_end_is_refused(ledger: Ledger) -> None:
    with pytest.raises(StoreError, match="at most"):
        ledger.decide(Triage("fire", "c-1", note="x" * (MAX_NOTE_CHARS + 1)), actor="mei")


def test_a_damaged_file_is_an_error_of_ours(data: DataDir) -> None:
    data.ledger.parent.mkdir(parents=True)
    data.ledger.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="ledger"):
        Ledger(data.ledger)
