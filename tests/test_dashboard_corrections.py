"""Corrections on the desk: drafting, open points, approval, four answers, release; each page in its states."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.queries import cards, published_file
from dashboard.render import HERE
from dashboard.words import LANGUAGES
from desk_world import INCIDENT, build_world, claim_name
from hostile import MARKER, TEXTS, storable
from pipeline.accounts import Accounts
from pipeline.correction import document as d
from pipeline.correction.brightlines import BrightLine
from pipeline.correction.consensus import Answer
from pipeline.errors import DraftError
from pipeline.ledger.drafts import Draft, Hand
from pipeline.ledger.statements import Statement, Statements
from pipeline.paths import CHECKOUT, DataDir
from pipeline.people import AccountRole, Person
from pipeline.records import Rating
from pipeline.release.typeset import families
from test_dashboard_app import text_of as said
from test_dashboard_app import visit

APP = HERE / "app.py"
PARTNERS = ("partner-a", "partner-b", "partner-c", "partner-d")
MEI, BEN = Hand("mei", "partner-a"), Hand("ben", "partner-a")
As = Callable[[str], None]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    data = build_world(tmp_path_factory.mktemp("corrections"), claims=12)
    text = (CHECKOUT / "data" / "samples" / "coalition.toml").read_text(encoding="utf-8")
    data.coalition.write_text(text, encoding="utf-8")
    accounts = Accounts(data.accounts)
    accounts.add(Person("mei", "Mei", AccountRole.LEAD, "partner-a"), by="test")
    accounts.add(Person("ben", "Ben", AccountRole.MONITOR, "partner-a"), by="test")
    accounts.add(Person("viv", "Viv", AccountRole.VIEWER), by="test")
    for partner in PARTNERS:
        accounts.add(Person(f"r-{partner}", f"Reviewer {partner}", AccountRole.REVIEWER, partner), by="test")
    return data


@pytest.fixture
def desk(world: DataDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataDir]:
    monkeypatch.setenv("CHENGQING_DATA", str(world.root))
    yield world
    for path in world.ledger.parent.glob("ledger.sqlite3*"):
        path.unlink()


@pytest.fixture
def as_(desk: DataDir, monkeypatch: pytest.MonkeyPatch) -> As:
    """Sign somebody in: Streamlit's test runner has no cookies, so the one place that reads them is told."""

    def sign_in(user_id: str) -> None:
        held = Accounts(desk.accounts).open_session(user_id, how="test")
        monkeypatch.setattr("dashboard.signin.token", lambda: held)

    return sign_in


def text_of(at: AppTest) -> str:
    """What the page says, in one line."""
    return " ".join(said(at).split())


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception, [e.message for e in at.exception]
    return at


def document(words: str = "No one was hurt.") -> d.Document:
    draft = d.Document("general", ("en",), Rating.INACCURATE)
    draft = d.add_source(
        d.add_line(d.add_line(draft, d.Part.TITLE), d.Part.KNOWN), "https://example.org/x", "Fire Dept"
    )
    for line in draft.lines:
        draft = d.write(draft, line.line_id, "en", words)
    return d.cite(draft, "s2", ["e1"])


def drafted(data: DataDir, words: str = "No one was hurt.") -> Draft:
    return Statements(data.ledger).open(INCIDENT, document(words), MEI, claim_id=claim_name(0))


def circulated(data: DataDir) -> Statement:
    from pipeline.coalition import load_coalition

    room = Statements(data.ledger)
    draft = drafted(data)
    room.approve(draft, BEN)
    return room.circulate(draft, load_coalition(data), MEI)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_without_anything_say_so_in_each_language(as_: As, language: str) -> None:
    as_("mei")
    for view, param in (("corrections", {}), ("correction", {}), ("statement", {}), ("perspectives", {})):
        assert len(text_of(visit(view, language=language, **param))) > 20


def test_a_draft_begins_from_a_claim_with_the_template_of_its_situation(desk: DataDir, as_: As) -> None:
    as_("ben")
    at = visit("corrections", claim=claim_name(0))
    (card,) = cards(str(published_file(desk, INCIDENT)), [claim_name(0)])
    assert card.exemplar_text
    assert card.exemplar_text in text_of(at)
    at.selectbox(key="situation").select("fire")
    at.button(key="begin_draft").click()
    at.run()
    (draft,) = Statements(desk.ledger).drafts(INCIDENT)
    assert (draft.claim_id, draft.document.situation, draft.actor) == (claim_name(0), "fire", "ben")
    assert card.exemplar_text in text_of(visit("correction", draft=draft.draft_id))


def test_a_viewer_can_read_and_change_nothing(desk: DataDir, as_: As) -> None:
    draft = drafted(desk)
    as_("viv")
    at = visit("correction", draft=draft.draft_id)
    assert "No one was hurt." in [area.value for area in at.text_area]
    assert all(area.disabled for area in at.text_area)
    assert "add_line" not in [button.key for button in at.button]
    assert visit("corrections").button(key="begin_draft").disabled


def test_a_text_is_stored_when_its_field_is_left_and_its_siblings_are_stale(desk: DataDir, as_: As) -> None:
    room = Statements(desk.ledger)
    first = drafted(desk)
    both = d.write(first.document, "s2", "zh-Hans", "没有人受伤。")
    draft = room.save(first, d.Document("general", ("en", "zh-Hans"), None, both.lines, both.sources), MEI)
    as_("ben")
    at = visit("correction", draft=draft.draft_id)
    field = next(area for area in at.text_area if area.value == "没有人受伤。")
    field.set_value("两人受伤。").run()
    latest = room.draft(draft.draft_id)
    assert latest.document.line("s2").texts["zh-Hans"] == "两人受伤。"
    assert latest.document.line("s2").doubts == {"en": d.Doubt.STALE}
    assert "numbers differ" in text_of(at)
    press(at, "confirm_s2")
    assert room.draft(draft.draft_id).document.line("s2").doubts == {}


def test_two_people_on_different_lines_lose_nothing_and_on_the_same_text_see_both(
    desk: DataDir, as_: As
) -> None:
    room, draft = Statements(desk.ledger), drafted(desk)
    as_("ben")
    at = visit("correction", draft=draft.draft_id)
    room.save(draft, d.write(draft.document, "s1", "en", "A title by Mei"), MEI)
    [known] = [area for area in at.text_area if (area.key or "").startswith("text_s2_en")]
    known.set_value("Nobody at all was hurt.").run()
    latest = room.draft(draft.draft_id).document
    assert (latest.title("en"), latest.line("s2").texts["en"]) == (
        "A title by Mei",
        "Nobody at all was hurt.",
    )
    seen = room.draft(draft.draft_id)
    at = visit("correction", draft=draft.draft_id)
    room.save(seen, d.write(seen.document, "s2", "en", "Mei was faster."), MEI)
    [known] = [area for area in at.text_area if (area.key or "").startswith("text_s2_en")]
    known.set_value("Ben was slower.").run()
    assert "Ben was slower." in text_of(at) and "Mei was faster." in text_of(at)
    press(at, "use_mine")
    assert room.draft(draft.draft_id).document.line("s2").texts["en"] == "Ben was slower."


def test_a_bright_line_is_shown_with_its_owner_and_explained_before_circulation(
    desk: DataDir, as_: As
) -> None:
    line = BrightLine("", "partner-b", "words", {"en": ("hurt",)}, wont_say="hurt", why="we say injured")
    room = Statements(desk.ledger)
    room.draw(line, Hand("r-partner-b", "partner-b"))
    draft = drafted(desk)
    room.approve(draft, BEN)
    as_("mei")
    at = visit("correction", draft=draft.draft_id)
    assert "“hurt” crosses a bright line of Goldhill Legal Aid. we say injured" in text_of(at)
    assert at.button(key="circulate").disabled
    reason = next(field for field in at.text_input if field.label.startswith("Reason"))
    reason.set_value("quoted from the fire department")
    next(button for button in at.button if button.label == "Explain").click()
    at.run()
    assert not at.button(key="circulate").disabled
    at.button(key="circulate").click()
    at.run()
    (held,) = room.statements(INCIDENT)
    assert held.digest == draft.digest


def test_whoever_saved_a_version_cannot_approve_it_and_another_can(desk: DataDir, as_: As) -> None:
    draft = drafted(desk)
    as_("mei")
    assert visit("correction", draft=draft.draft_id).button(key="approve").disabled
    as_("ben")
    at = press(visit("correction", draft=draft.draft_id), "approve")
    assert "Read and approved: Ben" in text_of(at)


def test_four_reviewers_answer_and_a_lead_releases(desk: DataDir, as_: As) -> None:
    held = circulated(desk)
    for partner in PARTNERS:
        as_(f"r-{partner}")
        assert "Waits for your answer" in text_of(visit("corrections"))
        at = visit("statement", statement=held.statement_id)
        at.radio(key="answer_choice").set_value("consent")
        next(button for button in at.button if button.label == "Sign this answer").click()
        at.run()
    as_("mei")
    at = visit("statement", statement=held.statement_id)
    assert "All partners agree" in text_of(at)
    press(at, "release")
    (released,) = Statements(desk.ledger).releases(INCIDENT)
    assert (released.content, released.as_partner) == (held.content, None)
    assert "Joint statement" in text_of(visit("corrections"))


def test_a_block_needs_a_reason_and_then_a_partner_may_speak_alone(desk: DataDir, as_: As) -> None:
    held, room = circulated(desk), Statements(desk.ledger)
    as_("r-partner-d")
    at = visit("statement", statement=held.statement_id)
    at.radio(key="answer_choice").set_value("block")
    next(button for button in at.button if button.label == "Sign this answer").click()
    at.run()
    assert "Say why: a block" in text_of(at)
    room.answer(held, Answer.BLOCK, Hand("r-partner-d", "partner-d"), reason="it names a family")
    room.answer(held, Answer.CONSENT, Hand("r-partner-b", "partner-b"))
    as_("r-partner-b")
    at = visit("statement", statement=held.statement_id)
    assert "it names a family" in text_of(at) and "A partner blocks it" in text_of(at)
    press(at, "release_alone")
    (released,) = room.releases(INCIDENT)
    assert released.as_partner == "partner-b"
    assert "Goldhill Legal Aid alone" in text_of(visit("corrections"))


def test_an_edit_after_circulation_is_said_on_the_statement(desk: DataDir, as_: As) -> None:
    held, room = circulated(desk), Statements(desk.ledger)
    draft = room.draft(held.draft_id)
    room.save(draft, d.write(draft.document, "s2", "en", "Two were hurt."), BEN)
    as_("r-partner-b")
    at = visit("statement", statement=held.statement_id)
    assert "Ben edited the draft" in text_of(at)
    assert not at.radio


def test_a_partner_writes_its_own_bright_line_and_all_see_it(desk: DataDir, as_: As) -> None:
    as_("r-partner-c")
    at = visit("perspectives")
    next(field for field in at.text_input if field.label == "Topic").set_value("Police")
    next(field for field in at.text_input if field.label.endswith("简体")).set_value("黑帮；偷渡客")
    next(area for area in at.text_area if area.label == "We will not say").set_value("who did it")
    next(button for button in at.button if button.label == "Save").click()
    at.run()
    (line,) = Statements(desk.ledger).bright_lines()
    assert (line.partner, line.terms) == ("partner-c", {"zh-Hans": ("黑帮", "偷渡客")})
    as_("viv")
    assert "Police" in text_of(visit("perspectives")) and "who did it" in text_of(visit("perspectives"))


def test_hostile_text_in_drafts_remarks_and_statements_stays_text(desk: DataDir, as_: As) -> None:
    room, nasty = Statements(desk.ledger), storable(TEXTS[0])[:1_500]
    assert any(MARKER in text for text in TEXTS)
    draft = room.open(INCIDENT, document(nasty), MEI, claim_id=claim_name(0))
    as_("ben")
    for view, address in (("corrections", {}), ("correction", {"draft": draft.draft_id})):
        at = visit(view, **address)
        body = "\n".join(node.proto.body for node in at.get("html") if "<style>" not in node.proto.body)
        assert (
            "<script" not in body
            and "<img" not in body
            and "onerror=" not in re.sub(r"&[a-z0-9#]+;", "", body).split(">")[0]
        )


def test_the_files_of_a_release_are_made_at_a_click(desk: DataDir, as_: As, tmp_path: Path) -> None:
    try:
        families()
    except DraftError as error:
        pytest.skip(str(error))
    held, room = circulated(desk), Statements(desk.ledger)
    for partner in PARTNERS:
        room.answer(held, Answer.CONSENT, Hand(f"r-{partner}", partner))
    released = room.release(held, MEI)
    as_("mei")
    at = press(visit("statement", statement=held.statement_id), f"make_{released.release_id}")
    assert at.session_state[f"made_{released.release_id}"][:2] == b"PK"
