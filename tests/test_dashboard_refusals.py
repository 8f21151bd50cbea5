"""What the desk refuses, it says in the reader's language: every error has its sentence, and real refusals are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from string import Formatter

import pytest

from dashboard.desk import Desk
from dashboard.refusals import refusal
from dashboard.render import render
from dashboard.words import LANGUAGES, Words, sentences
from desk_world import INCIDENT, add_account, build_world, claim_name, sign_in
from hostile import TEXTS
from pipeline.archived import archived_page
from pipeline.coalition import load_coalition
from pipeline.correction import document as d
from pipeline.correction.brightlines import BrightLine
from pipeline.correction.templates import begin
from pipeline.errors import ChengqingError, DraftError, IncidentError, NotAllowed, StoreError
from pipeline.ledger import Ledger
from pipeline.ledger.drafts import Hand
from pipeline.ledger.evidence import EvidenceBook
from pipeline.ledger.notes import MAX_NOTE_CHARS, Notes
from pipeline.ledger.outreach import Hours, Outreach
from pipeline.ledger.set_aside import SetAside
from pipeline.ledger.statements import Statements
from pipeline.ledger.watch import Offers
from pipeline.moments.lists import checked
from pipeline.opening import close_incident, new_incident
from pipeline.paths import CHECKOUT, DataDir
from pipeline.people import AccountRole, Act
from pipeline.protocol.contacts import ContactBook, contact_file
from pipeline.protocol.directory import Entry
from pipeline.records import RulingKind, Triage
from refusals_support import Raised, classes, codes, raised
from test_dashboard_app import text_of, visit

CHINESE = ("zh-Hans", "zh-Hant")
MEI, BEN = Hand("mei", "partner-a"), Hand("ben", "partner-b")
ACTED_IN = (
    "pipeline/ledger/",
    "pipeline/correction/",
    "pipeline/protocol/contacts.py",
    "pipeline/archived.py",
    "pipeline/outgoing.py",
    "pipeline/opening.py",
    "pipeline/moments/",
    "pipeline/release/notice.py",
    "pipeline/release/typeset.py",
)
"""Where what people do on the desk is refused: there each refusal has a sentence of its own, not its class's."""


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


# -- every error has its sentence ------------------------------------------------------------------------------------


def test_every_refusal_of_an_act_has_a_code_of_its_own() -> None:
    acts = [one for one in raised() if one.where.startswith(ACTED_IN)]
    assert len(acts) > 90, "the reader no longer finds them"
    assert [one.where for one in acts if one.code is None] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence_whose_blanks_are_always_given(language: str) -> None:
    known = {name: text for name, text in sentences(language).items() if name.startswith("refused.")}
    assert set(known) == {f"refused.{code}" for code in codes()}
    for one in raised():
        code = one.code or classes()[one.kind].code
        missing = blanks(known[f"refused.{code}"]) - one.values
        assert not missing, (one.where, code, missing)


def test_a_value_that_no_sentence_uses_is_not_carried() -> None:
    english = sentences("en")
    unused = [
        one.where for one in raised() if one.code and one.values - blanks(english[f"refused.{one.code}"])
    ]
    assert unused == []


def test_the_reader_of_the_source_sees_a_code_its_class_and_its_values(tmp_path: Path) -> None:
    found = {one.code: one for one in raised()}
    assert found["text_long"].values == {"given", "most"}
    where, kind = found["voided"].where, found["voided"].kind
    assert (where.split(":")[0], kind) == ("pipeline/ledger/statements.py", "DraftError")
    assert isinstance(found["voided"], Raised)


# -- real refusals, read in each language ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    data = build_world(tmp_path_factory.mktemp("refusals"), claims=6)
    text = (CHECKOUT / "data" / "samples" / "coalition.toml").read_text(encoding="utf-8")
    data.coalition.write_text(text, encoding="utf-8")
    for role in (AccountRole.LEAD, AccountRole.VIEWER):
        add_account(data, role, password=None)
    return data


def _circulated(data: DataDir) -> None:
    room = Statements(data.ledger)
    draft = room.open(INCIDENT, begin("fire"), MEI)
    room.circulate(draft, load_coalition(data), MEI)


def _stale_draft(data: DataDir) -> None:
    room = Statements(data.ledger)
    seen = room.open(INCIDENT, begin("fire"), MEI)
    room.save(seen, d.add_line(seen.document, d.Part.KNOWN), BEN)
    room.save(seen, d.add_line(seen.document, d.Part.ACTION), MEI)


def _self_approved(data: DataDir) -> None:
    room = Statements(data.ledger)
    room.approve(room.open(INCIDENT, begin("fire"), MEI), MEI)


def _decided_twice(data: DataDir) -> None:
    ledger = Ledger(data.ledger)
    seen = Triage(INCIDENT, claim_name(0))
    ledger.decide(replace(seen, note="first"), actor="mei")
    ledger.decide(replace(seen, note="second"), actor="ben")


def _closed_twice(data: DataDir) -> None:
    new_incident(data, "over-now", {"en": "Over"}, "partner-a")
    close_incident(data, "over-now")
    close_incident(data, "over-now")


def _watch_moved(data: DataDir) -> None:
    Offers(data.ledger).offer(INCIDENT, "partner-b", holder="partner-a", note="n", seen=7, actor="mei")


def _full_reason(data: DataDir) -> None:
    SetAside(data.ledger).say(INCIDENT, ["c"] * 101, "no time", actor="mei")


def _with_file(name: str, body: bytes) -> Callable[[DataDir], object]:
    return lambda data: EvidenceBook(data.ledger).add(INCIDENT, "c", author="mei", file=(name, body))


REAL: dict[str, tuple[Callable[[DataDir], object], tuple[str, ...]]] = {
    "decided_first": (_decided_twice, ()),
    "draft_saved_since": (_stale_draft, ("ben", "2")),
    "approve_own": (_self_approved, ()),
    "points_open": (_circulated, ()),
    "statement_unknown": (lambda data: Statements(data.ledger).statement("s-1"), ()),
    "draft_unknown": (lambda data: Statements(data.ledger).draft("d-1"), ()),
    "bright_line_others": (
        lambda data: Statements(data.ledger).draw(BrightLine("", "partner-b", "t"), MEI),
        (),
    ),
    "file_kind": (_with_file("page.html", b"<html>"), ("page.html", "png")),
    "file_large": (_with_file("big.png", b"\x89PNG\r\n\x1a\n" * 1_250_001), ("10,000,008", "10,000,000")),
    "evidence_empty": (lambda data: EvidenceBook(data.ledger).add(INCIDENT, "c", author="mei"), ()),
    "address_refused": (lambda data: archived_page("ftp://site.example/"), ()),
    "address_private": (lambda data: archived_page("http://10.0.0.8/"), ("10.0.0.8",)),
    "note_length": (
        lambda data: Notes(data.ledger).write(INCIDENT, "c", "x" * (MAX_NOTE_CHARS + 1), author="mei"),
        (f"{MAX_NOTE_CHARS:,}", f"{MAX_NOTE_CHARS + 1:,}"),
    ),
    "ruling_needs": (
        lambda data: Ledger(data.ledger).rule_all(
            INCIDENT, RulingKind.MUST, [("p", "p")], actor="mei", reason=""
        ),
        (),
    ),
    "ruling_gone": (lambda data: Ledger(data.ledger).withdraw(INCIDENT, [99], actor="mei"), ()),
    "taken_back_already": (lambda data: Notes(data.ledger).take_back(INCIDENT, 9_999, actor="mei"), ()),
    "outreach_needs": (
        lambda data: Outreach(data.ledger).add(
            INCIDENT, " ", on=date(2026, 3, 16), stance="friendly", about="", outcome="", actor="mei"
        ),
        (),
    ),
    "hours_range": (
        lambda data: Hours(data.ledger).offer(INCIDENT, date(2026, 3, 16), 25, actor="mei"),
        ("25", "24"),
    ),
    "aside_many": (_full_reason, ("100",)),
    "watch_moved": (_watch_moved, ()),
    "contact_name": (
        lambda data: ContactBook(contact_file(data)).save(Entry("", "person", ""), owner="", actor="mei"),
        (),
    ),
    "incident_exists": (
        lambda data: new_incident(data, INCIDENT, {"en": "Again"}, "partner-a"),
        (INCIDENT,),
    ),
    "incident_closed": (_closed_twice, ("over-now",)),
    "name_unusable": (lambda data: new_incident(data, "Bad Name", {"en": "Bad"}, "partner-a"), ("Bad Name",)),
    "moment_ahead": (lambda data: checked(datetime.now(UTC) + timedelta(days=400)), ()),
    "partner_unknown": (lambda data: load_coalition(data).partner("nobody-here"), ("nobody-here",)),
}


@pytest.mark.parametrize("code", REAL)
def test_a_real_refusal_is_said_in_the_readers_language(world: DataDir, code: str) -> None:
    act, there = REAL[code]
    with pytest.raises(ChengqingError) as caught:
        act(world)
    assert caught.value.code == code
    assert str(caught.value), "the terminal keeps its English"
    told = {language: refusal(caught.value, Words(language)) for language in LANGUAGES}
    assert len({one.text for one in told.values()}) == len(LANGUAGES)
    for language in CHINESE:
        text = told[language].text
        assert re.search("[\u4e00-\u9fff]", text) and all(value in text for value in there), text
        assert told[language].detail == "" and "{" not in text
    for path in world.ledger.parent.glob("ledger.sqlite3*"):
        path.unlink()


def test_times_in_a_refusal_follow_the_language() -> None:
    when = datetime(2026, 3, 13, 22, 40, tzinfo=UTC)
    error = DraftError("Mei edited", code="voided", actor="mei", when=when)
    assert "3月13日" in refusal(error, Words("zh-Hant")).text
    assert "Mar 13" in refusal(error, Words("en")).text


def test_what_only_an_administrator_can_mend_keeps_its_english_original_below() -> None:
    told = refusal(IncidentError("fire.toml:3: opened_at is missing"), Words("zh-Hans"))
    assert told.text == Words("zh-Hans")("refused.incident_file")
    assert told.detail == "fire.toml:3: opened_at is missing"
    page = str(render("refusal", words=Words("zh-Hans"), refused=told, title="", hint=""))
    assert '<span lang="en" dir="ltr">fire.toml:3' in page
    assert refusal(NotAllowed("viewer may not triage"), Words("zh-Hans")).detail == ""


@pytest.mark.parametrize("payload", TEXTS)
def test_a_strangers_text_in_a_refusal_is_one_short_escaped_line(payload: str) -> None:
    for error in (
        StoreError("x", code="file_kind", name=payload, kinds=(payload,)),
        StoreError(payload),
        DraftError("x", code="source_address", url=payload[:100] * 50),
    ):
        told = refusal(error, Words("zh-Hant"))
        page = str(render("refusal", words=Words("zh-Hant"), refused=told, title="", hint=""))
        assert len(told.text) < 500 and len(told.detail) <= 600
        assert set(re.findall(r"<(\w+)", page)) <= {"div", "p", "span"}


# -- on the pages ----------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(world: DataDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataDir]:
    monkeypatch.setenv("CHENGQING_DATA", str(world.root))
    yield world
    for path in world.ledger.parent.glob("ledger.sqlite3*"):
        path.unlink()


def test_who_may_not_is_told_so_by_the_last_check_before_writing(desk: DataDir) -> None:
    alone = Desk(desk, Words("zh-Hant"), UTC, (), (), None, None, guarded=True)
    with pytest.raises(NotAllowed) as caught:
        alone.require(Act.TRIAGE)
    assert refusal(caught.value, alone.words).text == "您的角色不能這樣做。"


@pytest.mark.parametrize("language", CHINESE)
def test_an_unknown_statement_and_draft_are_refused_on_the_page(
    desk: DataDir, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    sign_in(monkeypatch, desk, "lead")
    words = Words(language)
    page = text_of(visit("statement", language=language, statement="s-nowhere"))
    assert words("refused.statement_unknown") in page and words("error.title") in page
    assert "never circulated" not in page
    draft = text_of(visit("correction", language=language, draft="d-nowhere"))
    assert words("refused.draft_unknown") in draft and "never stored" not in draft


@pytest.mark.parametrize("language", CHINESE)
def test_a_text_typed_into_a_line_that_is_gone_is_refused_and_kept_for_copying(
    desk: DataDir, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    sign_in(monkeypatch, desk, "lead")
    room = Statements(desk.ledger)
    draft = room.open(INCIDENT, begin("fire"), Hand("ben", "partner-a"))
    at = visit("correction", language=language, draft=draft.draft_id)
    line = draft.document.lines[0].line_id
    room.save(draft, d.remove_line(draft.document, line), Hand("ben", "partner-a"))
    field = next(area for area in at.text_area if (area.key or "").startswith(f"text_{line}_{language}"))
    field.input("我寫的一句 <b>話</b>").run()
    words, page = Words(language), text_of(at)
    assert words("refused.line_gone") in page
    assert words("correction.not_stored", text="我寫的一句 <b>話</b>") in page
    assert "reload the page" not in page
