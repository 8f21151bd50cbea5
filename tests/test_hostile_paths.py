"""The hostile corpus on ways that text takes besides posts: titles, evidence, file names, notes, views, search, shell.

Posts, decisions, drafts, alerts, sign-in and the pages of a running incident have theirs in the tests of those pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import queries
from dashboard.address import MAX_TEXT, ListView
from dashboard.render import HERE
from desk_world import INCIDENT, build_world, claim_name
from hostile import ADDRESSES, MARKER, TEXTS, storable
from pipeline.cli import output
from pipeline.errors import IncidentError, StoreError
from pipeline.incident import list_incidents, save_incident_text
from pipeline.ledger.evidence import MAX_FILE_NAME_CHARS, EvidenceBook
from pipeline.ledger.notes import Notes
from pipeline.ledger.views import Views
from pipeline.paths import DataDir
from test_dashboard_app import assert_harmless, text_of, visit

PAYLOADS = [storable(text) for text in (*TEXTS, *ADDRESSES) if storable(text).strip()]
COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    return build_world(tmp_path_factory.mktemp("paths"), claims=5)


@pytest.fixture
def desk(world: DataDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataDir]:
    monkeypatch.setenv("CHENGQING_DATA", str(world.root))
    yield world
    for path in world.ledger.parent.glob("*"):
        if path.is_file():
            path.unlink()


def test_there_are_enough() -> None:
    assert len(PAYLOADS) >= 60


def test_notes_evidence_and_file_names_are_text(desk: DataDir) -> None:
    notes, book, claim = Notes(desk.ledger), EvidenceBook(desk.ledger), claim_name(0)
    for number, text in enumerate(PAYLOADS):
        notes.write(INCIDENT, claim, f"@mei {text[:1_000]}", author=text[:40])
        kept = (text, f"copy {number}".encode())
        book.add(INCIDENT, claim, author=text[:40], url=text[:500], quote=text[:1_000], file=kept)
    pieces = book.of(INCIDENT, claim)
    assert len(pieces) == len(PAYLOADS)
    assert all(len(piece.file_name) <= MAX_FILE_NAME_CHARS and "/" not in piece.file_name for piece in pieces)
    at = visit("claim", claim=claim, actor="mei")
    assert_harmless(at)
    told = text_of(at)
    assert "<svg/onload=window.pwned=1>" in told and not COMMANDS.search(told)
    assert_harmless(visit(actor="mei"))


def test_incident_titles_are_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(tmp_path))
    data, kept = DataDir(tmp_path), []
    for number, text in enumerate(PAYLOADS):
        quoted = json.dumps(text[:150], ensure_ascii=False).replace("\x7f", "\\u007f")
        head = f'id = "i{number}"\nopened_at = 2026-03-13T05:40:00Z\nwatch = "partner-a"\n\n[title]\nen = {quoted}\n'
        try:
            save_incident_text(data.incident_file(f"i{number}"), head)
        except IncidentError as refused:
            assert f"i{number}.toml" in str(refused), "what cannot be a title is refused by name"
        else:
            kept.append(number)
    assert len(kept) >= 40 and len(list_incidents(data, lambda error: None)) == len(kept)
    at = visit("incidents")
    assert_harmless(at)
    assert not COMMANDS.search(text_of(at))
    for number in kept[::12]:
        assert_harmless(visit(incident=f"i{number}"))


def test_search_fields_take_anything(desk: DataDir) -> None:
    file = queries.published_file(desk, INCIDENT) or ""
    for text in PAYLOADS:
        view = ListView.read_from(
            {"text": text, "place": text, "platform": text, "who": text, "status": text}
        )
        assert len(view.text) <= MAX_TEXT and view.status == ""
        found = queries.chosen(file, view.platform, view.script, view.place, view.text)
        assert set(found) <= {claim_name(number) for number in range(5)}
    for text in PAYLOADS[::12]:
        assert_harmless(visit(text=text, place=text, who=text, platform=text))
        assert_harmless(visit("claim", claim=text, show=text, order=text, p=text))


def test_saved_views_are_text(desk: DataDir) -> None:
    views, kept = Views(desk.ledger), 0
    for text in PAYLOADS:
        try:
            views.save(INCIDENT, "mei", text[:60], {"text": text[:100]})
        except StoreError:
            continue
        kept += 1
    assert kept >= 40
    assert_harmless(visit(actor="mei"))


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_terminal_is_not_commanded(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"claim": text[:3_000], "n": number} for number, text in enumerate(PAYLOADS)]
    if form == "table":
        output.show_rows(rows)
    elif form == "json":
        output.show_json(rows)
    else:
        output.show_csv(rows, ["claim", "n"])
    told = capsys.readouterr().out
    if form == "csv":  # a file gets what was written, disarmed as a formula; a terminal is looked at below
        assert not re.search(r"(?m)^\"?[=+@＝\t]", told)
        return
    assert not COMMANDS.search(told) and MARKER in told


def test_what_goes_to_a_terminal_commands_nothing_whatever_the_form(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    output.show_csv([{"claim": text[:3_000]} for text in PAYLOADS], ["claim"])
    assert not COMMANDS.search(capsys.readouterr().out.replace("\r\n", "\n")), "line ends of CSV are CR LF"


def test_nothing_of_the_desk_steps_around_the_border() -> None:
    """Templates escape by themselves, and text reaches a page through ``render`` or as a widget's plain text only."""
    for path in HERE.glob("templates/*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape", text), path.name
    for path in (*HERE.glob("*.py"), *HERE.glob("widgets/*.py"), *HERE.glob("views/*.py")):
        text = path.read_text(encoding="utf-8")
        wild = r"st\.(markdown|write|caption|title|header|subheader|info|warning|error|success|latex|image)\("
        assert not re.search(wild, text), path.name
        assert "unsafe_allow" not in text, path.name
        if path.name not in {"render.py", "app.py"}:
            assert "st.html(" not in text, path.name
