"""What the worker does beside turns: checklists of incidents that appear, and purges by the coalition's schedule."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from conftest import make_incident, store_posts
from pipeline.cli import cli
from pipeline.errors import UsageError
from pipeline.incident import find_incident
from pipeline.ledger.protocol import Checklist
from pipeline.opening import close_incident, new_incident, open_incident
from pipeline.paths import DataDir
from pipeline.records import Post
from pipeline.retention.certificate import certificates
from pipeline.retention.schedule import ACTOR, load_retention, retention_file, upcoming
from pipeline.worker import Cadence
from pipeline.worker.loop import Worker
from test_worker import BEGAN, Stepped, plan_of

CLOSED = datetime(2026, 4, 1, tzinfo=UTC)


def checklists(data: DataDir, incident: str) -> list[str]:
    """Who made the checklist of an incident: one name, if it was made once."""
    return [e.actor for e in Checklist(data.ledger, read_only=True).events(incident) if e.kind == "checklist"]


def test_a_file_dropped_into_the_folder_has_its_checklist_once(data: DataDir) -> None:
    fire = make_incident(data, "fire")
    stepped = Stepped(data)
    stepped.worker.tick()
    stepped.worker.tick()
    Worker(data, Cadence(), plan=plan_of(), clock=lambda: BEGAN).tick()
    assert checklists(data, "fire") == ["worker"]
    due = Checklist(data.ledger).due("fire")
    assert due and min(due.values()) > fire.opened_at


def test_opened_elsewhere_the_worker_makes_none(data: DataDir) -> None:
    made, path = new_incident(data, "flood", {"en": "Flood"}, "partner-a")
    open_incident(data, path, path.read_text(encoding="utf-8"), actor="mei")
    Stepped(data).worker.tick()
    assert checklists(data, made.id) == ["mei"]
    with pytest.raises(UsageError, match="exists already"):
        new_incident(data, "flood", {"en": "Flood"}, "partner-a")


def test_a_protocol_with_a_mistake_is_said_until_it_is_mended(data: DataDir) -> None:
    make_incident(data, "fire")
    (data.root / "protocol.toml").write_text("phases = 3\n")
    stepped = Stepped(data)
    stepped.worker.tick()
    assert "protocol.toml" in (stepped.worker.problem or "")
    (data.root / "protocol.toml").unlink()
    stepped.worker.tick()
    assert stepped.worker.problem is None and checklists(data, "fire") == ["worker"]


@pytest.fixture
def closed(data: DataDir) -> DataDir:
    """A closed incident of which a post is held."""
    path = data.incident_file("fire")
    make_incident(data, "fire")
    path.write_text(path.read_text().replace("watch =", f"closed_at = {CLOSED.isoformat()}\nwatch =", 1))
    post = Post("mastodon:1", "test", "mastodon", "words", BEGAN, "c", "test", "https://example.org/1", "a")
    store_posts(data, "fire", [post])
    return data


def test_nothing_goes_by_itself_until_somebody_decided_so(
    closed: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepped = Stepped(closed)
    stepped.now = CLOSED + timedelta(days=4_000)
    stepped.worker.tick()
    assert not stepped.worker.turns and list(closed.raw("fire").rglob("*.parquet"))
    monkeypatch.setenv("CHENGQING_DATA", str(closed.root))
    refused = CliRunner().invoke(cli, ["purge", "due", "--carry-out"])
    assert isinstance(refused.exception, UsageError) and "data/samples/retention.toml" in str(
        refused.exception
    )
    retention_file(closed).write_text("closed_days = 0\n")
    stepped.worker.tick()
    assert "write whole days from 1" in (stepped.worker.problem or "") and not stepped.worker.turns
    retention_file(closed).write_text("closed_days = 30\nopen_days = 3\n")
    with pytest.raises(UsageError, match="open_days"):
        load_retention(closed)


def test_the_worker_purges_what_is_due_once_with_a_certificate(
    closed: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    retention_file(closed).write_text("closed_days = 30\n")
    retention, fire = load_retention(closed), find_incident(closed, "fire")
    assert retention is not None
    (coming,) = upcoming(closed, retention, [fire])
    assert coming.due_at == CLOSED + timedelta(days=30) and coming.plan.counts["fire"]["observations"] == 1
    stepped = Stepped(closed)
    stepped.now = coming.due_at - timedelta(minutes=1)
    stepped.worker.tick()
    assert not stepped.worker.turns, "not yet"
    stepped.now = coming.due_at + timedelta(minutes=1)
    stepped.settle()
    assert list(closed.raw("fire").rglob("*.parquet")) == []
    (made,) = certificates(closed)
    assert made["genuine"] and made["purged_by"] == ACTOR and made["counts"]["fire"]["observations"] == 1
    (turn,) = stepped.worker.book.turns("fire")
    assert (turn.status, turn.detail) == ("done", None)
    stepped.now += timedelta(days=2)
    stepped.worker.tick()
    assert not stepped.worker.turns and len(certificates(closed)) == 1
    monkeypatch.setenv("CHENGQING_DATA", str(closed.root))
    told = CliRunner().invoke(cli, ["purge", "due", "--carry-out", "--json"])
    assert told.exit_code == 0 and json.loads(told.stdout) == []


def test_a_purge_that_cannot_be_is_tried_again_later(closed: DataDir) -> None:
    retention_file(closed).write_text("closed_days = 30\n")
    manifest = next(closed.raw("fire").rglob("manifest.json"))
    part = next(closed.raw("fire").rglob("*.parquet"))
    kept = part.read_bytes()
    part.write_bytes(b"not parquet")
    stepped = Stepped(closed)
    stepped.now = CLOSED + timedelta(days=31)
    stepped.settle()
    assert [turn.status for turn in stepped.worker.book.turns("fire")] == ["failed"] and manifest.exists()
    part.write_bytes(kept)
    stepped.now += timedelta(minutes=30)
    stepped.worker.tick()
    assert not stepped.worker.turns, "not at every tick"
    stepped.now += timedelta(minutes=31)
    stepped.settle()
    assert not manifest.exists() and len(certificates(closed)) == 1


def test_opened_again_nothing_goes(closed: DataDir) -> None:
    retention_file(closed).write_text("closed_days = 30\n")
    path = closed.incident_file("fire")
    open_incident(closed, path, path.read_text(encoding="utf-8"), actor="mei")
    stepped = Stepped(closed)
    stepped.now = CLOSED + timedelta(days=400)
    stepped.settle()
    assert list(closed.raw("fire").rglob("*.parquet")) and certificates(closed) == []
    assert close_incident(closed, "fire").closed_at
