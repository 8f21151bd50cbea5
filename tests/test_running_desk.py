"""The desk's pages that run an incident: protocol, watch, people, outreach, capacity; roles, refusals, words."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import coordinate
from dashboard.words import LANGUAGES
from desk_world import INCIDENT, build_world, claim_name, sign_in
from hostile import MARKER, TEXTS, storable
from pipeline.accounts import Accounts
from pipeline.incident import find_incident
from pipeline.ledger import Ledger
from pipeline.ledger.outreach import Hours, Outreach
from pipeline.ledger.protocol import Checklist
from pipeline.ledger.set_aside import SetAside
from pipeline.ledger.watch import Offers
from pipeline.paths import CHECKOUT, DataDir
from pipeline.people import AccountRole, Person
from pipeline.protocol.checklist import open_checklist
from pipeline.protocol.contacts import ContactBook, contact_file, directory
from pipeline.protocol.directory import Entry
from pipeline.records import Status, Triage
from pipeline.worker import WorkerBook, worker_file
from test_dashboard_app import html_of, text_of, visit

As = Callable[[str], None]
SVG = "{http://www.w3.org/2000/svg}"
PAGES = ("protocol", "people", "outreach", "capacity")
PEOPLE = {
    "mei": (AccountRole.LEAD, "partner-a"),
    "ben": (AccountRole.MONITOR, "partner-a"),
    "lok": (AccountRole.LEAD, "partner-b"),
    "ruth": (AccountRole.REVIEWER, "partner-b"),
    "viv": (AccountRole.VIEWER, None),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """An incident with partner-a on watch, accounts of two partners, and an own protocol."""
    data = build_world(tmp_path_factory.mktemp("running"), claims=8)
    path = data.incident_file(INCIDENT)
    path.write_text(path.read_text().replace('"Test partner"', '"partner-a"'))
    sample = CHECKOUT / "data" / "samples" / "coalition.toml"
    data.coalition.write_text(sample.read_text(encoding="utf-8"), encoding="utf-8")
    for name, (role, partner) in PEOPLE.items():
        Accounts(data.accounts).add(Person(name, name.title(), role, partner), by="test")
    return data


@pytest.fixture
def desk(world: DataDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataDir]:
    monkeypatch.setenv("CHENGQING_DATA", str(world.root))
    open_checklist(world, find_incident(world, INCIDENT), actor="mei")
    yield world
    for name in ("ledger.sqlite3", "contacts.sqlite3", "worker.sqlite3"):
        for path in world.ledger.parent.glob(f"{name}*"):
            path.unlink()


@pytest.fixture
def as_(desk: DataDir, monkeypatch: pytest.MonkeyPatch) -> As:
    return lambda name: sign_in(monkeypatch, desk, name) and None


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception, [e.message for e in at.exception]
    return at


def send(at: AppTest, label: str) -> AppTest:
    next(b for b in at.button if b.label == label).click().run()
    assert not at.exception, [e.message for e in at.exception]
    return at


def picture_of(at: AppTest) -> str:
    """The map, as it is drawn."""
    found = re.search(r'src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"', html_of(at))
    assert found
    return base64.b64decode(found[1]).decode("utf-8")


def labels(at: AppTest) -> set[str]:
    return {button.label for button in at.button}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_stands_in_each_language(as_: As, language: str) -> None:
    as_("mei")
    told = {page: text_of(visit(page, language=language)) for page in PAGES}
    assert all(len(text) > 60 for text in told.values())
    if language != "en":
        assert not re.search(r"\b(On watch|Overdue|Nobody|Why)\b", " ".join(told.values()))


def test_a_task_is_ticked_with_a_word_and_opened_again_with_a_reason(desk: DataDir, as_: As) -> None:
    as_("ben")
    at = visit("protocol")
    assert "0 of 7 done" in text_of(at) and "7 overdue" in text_of(at)
    assert at.button(key="tick_confirm-watch").disabled, "that is for a lead"
    at = press(at, "tick_check-sources")
    at.text_area(key="tick_note_check-sources_0").set_value("all five read")
    at = press(at, "tick_do_check-sources_0")
    assert "1 of 7 done" in text_of(at)
    told = Checklist(desk.ledger).ticked(INCIDENT)["check-sources"]
    assert (told.done, told.actor, told.note) == (True, "ben", "all five read")
    mark = f"check-sources_{told.event_id}"
    at = press(press(visit("protocol"), "tick_check-sources"), f"tick_do_{mark}")
    assert "Write why" in text_of(at) and Checklist(desk.ledger).ticked(INCIDENT)["check-sources"].done
    at.text_area(key=f"tick_note_{mark}").set_value("one was refused")
    press(at, f"tick_do_{mark}")
    assert not Checklist(desk.ledger).ticked(INCIDENT)["check-sources"].done
    assert "one was refused" in text_of(visit("protocol"))


def test_the_watch_is_offered_by_one_side_and_taken_by_the_other(desk: DataDir, as_: As) -> None:
    as_("lok")
    assert "Offer the watch" not in labels(visit("protocol")), "partner-b does not have it"
    as_("ben")
    at = visit("protocol")
    send(at, "Offer the watch")
    assert "Write what is open" in text_of(at)
    at.selectbox(key="offer_to").select("partner-b")
    at.text_area(key="offer_0_note").set_value("two claims open")
    send(at, "Offer the watch")
    assert "Offered to Goldhill Legal Aid by Ben" in text_of(at)
    assert "Take the watch" not in labels(at) and "Withdraw the offer" in labels(at)
    assert coordinate.board(desk, find_incident(desk, INCIDENT)).on_watch == "partner-a", "not yet"
    as_("viv")
    assert "stays where it is" in text_of(visit("protocol"))
    as_("lok")
    send(visit("protocol"), "Take the watch")
    told = coordinate.board(desk, find_incident(desk, INCIDENT))
    assert (told.on_watch, told.watches[-1].actor, told.watches[-1].note) == (
        "partner-b",
        "lok",
        "two claims open",
    )
    assert Offers(desk.ledger).standing(INCIDENT) is None
    assert "Lantern Row Community Center → Goldhill Legal Aid" in text_of(visit("protocol"))


def test_each_partner_keeps_its_own_entries_and_the_map_shows_them(desk: DataDir, as_: As) -> None:
    book = ContactBook(contact_file(desk))
    theirs = book.save(
        Entry("", "organization", "City hall press desk", "+1 555 0199"), owner="partner-b", actor="lok"
    )
    as_("ben")
    at = visit("people")
    send(at, "Save entry")
    assert "An entry needs a name" in text_of(at)
    at.text_input(key="contact_0__0_name").set_value("Mei 陈")
    at.number_input(key="contact_0__0_order").set_value(1)
    at.multiselect(key="contact_0__0_calls").set_value([theirs.id])
    send(at, "Save entry")
    mine = next(e for e in directory(desk) if e.owner == "partner-a")
    assert (mine.name, mine.on_call, mine.calls) == ("Mei 陈", 1, (theirs.id,))
    shown = visit("people")
    drawing = picture_of(shown)
    assert drawing.count("<circle") == 1 and drawing.count('marker-end="url(#tip)"') == 1
    assert "Mei 陈" in drawing
    assert "+1 555 0199" in text_of(shown)
    picker = next(box for box in shown.selectbox if (box.key or "").startswith("which_contact"))
    assert picker.options == ["New entry", "Mei 陈"], "nobody edits another partner's"
    assert "Mei 陈" in text_of(visit("protocol")), "the order on call stands beside the watch"
    as_("viv")
    viewer = visit("people")
    assert "City hall press desk" in text_of(viewer) and "555 0199" not in text_of(viewer)
    assert "Save entry" not in labels(viewer)
    book.remove(theirs, owner="partner-b", actor="lok")
    left = b"".join(path.read_bytes() for path in desk.ledger.parent.glob("contacts.sqlite3*"))
    assert b"City hall" not in left, "what is deleted is gone from the file"


def test_an_entry_is_worded_anew_by_who_wrote_it_and_shows_what_stood_before(desk: DataDir, as_: As) -> None:
    room = Outreach(desk.ledger)
    first = room.add(
        INCIDENT, "City hall", on=date(2026, 3, 14), stance="neutral", about="", outcome="none", actor="mei"
    )
    as_("mei")
    at = visit("outreach")
    field = next(area for area in at.text_area if area.value == "none")
    field.set_value("a call back on Friday")
    next(b for b in at.button if b.label == "Keep it" and str(first) in str(b.proto.form_id)).click()
    at.run()
    (one,) = room.all(INCIDENT)
    assert (one.outcome, one.corrects, one.whom) == ("a call back on Friday", first, "City hall")
    assert "Worded before: 1" in {each.label for each in at.expander} and "none" in text_of(at)
    as_("ben")
    assert "Correct this entry" not in {each.label for each in visit("outreach").expander}


def test_outreach_names_critics_and_what_came_of_it(desk: DataDir, as_: As) -> None:
    as_("ruth")
    at = visit("outreach")
    send(at, "Keep it")
    assert "even if nothing did" in text_of(at)
    at.text_input(key="met_0_whom").set_value("An editor who doubts us")
    at.selectbox(key="met_0_stance").select("critical")
    at.text_area(key="met_0_outcome").set_value("will call before printing")
    send(at, "Keep it")
    assert "1 in all, 1 of them critical" in text_of(at) and "will call before printing" in text_of(at)
    (kept,) = Outreach(desk.ledger).all(INCIDENT)
    as_("ben")
    assert "Take back" not in labels(visit("outreach")), "only who wrote it"
    as_("ruth")
    press(visit("outreach"), f"unmet_{kept.event_id}")
    assert Outreach(desk.ledger).all(INCIDENT) == []
    as_("viv")
    assert "Keep it" not in labels(visit("outreach"))


def test_what_does_not_fit_is_said_with_a_reason_that_stands_on_claim_and_list(
    desk: DataDir, as_: As
) -> None:
    Hours(desk.ledger).offer(INCIDENT, datetime.now(UTC).date(), 6.0, actor="mei")
    as_("ben")
    at = visit("capacity")
    assert "4 of 8 waiting claims fit" in text_of(at)
    claim = claim_name(6)
    send(at, "They will not be worked")
    assert "Choose claims and write why" in text_of(at)
    at.multiselect(key="aside_0_claims").set_value([claim])
    at.text_area(key="aside_0_reason").set_value("dying <b>down</b>")
    send(at, "They will not be worked")
    assert "4 of 7 waiting claims fit" in text_of(at)
    assert "not worked: dying <b>down</b>" in text_of(visit())
    page = visit("claim", claim=claim)
    assert "Will not be worked, says Ben" in text_of(
        page
    ) and "Ben said that it will not be worked" in text_of(page)
    as_("viv")
    (said,) = SetAside(desk.ledger).all(INCIDENT).values()
    assert visit("claim", claim=claim).button(key=f"unaside_{said.event_id}").disabled
    as_("ben")
    press(visit("claim", claim=claim), f"unaside_{said.event_id}")
    assert SetAside(desk.ledger).all(INCIDENT) == {} and "not worked:" not in text_of(visit())


def test_a_claim_that_somebody_takes_is_worked_whatever_was_said(desk: DataDir, as_: As) -> None:
    as_("ben")
    room = SetAside(desk.ledger)
    room.say(INCIDENT, [claim_name(1), claim_name(2)], "no hours", actor="mei")
    Ledger(desk.ledger).decide(
        Triage(INCIDENT, claim_name(1), status=Status.IN_REVIEW, assignee="ben"), actor="ben"
    )
    assert set(room.waiting(INCIDENT, Ledger(desk.ledger).triage(INCIDENT))) == {claim_name(2)}
    assert "Will not be worked" not in text_of(visit("claim", claim=claim_name(1)))


def test_a_stale_press_is_refused_and_said(desk: DataDir, as_: As) -> None:
    as_("ben")
    at = press(visit("protocol"), "tick_check-sources")
    Checklist(desk.ledger).tick(INCIDENT, "check-sources", True, actor="mei")
    press(at, "tick_do_check-sources_0")
    assert "Somebody else was faster" in text_of(at)
    assert Checklist(desk.ledger).ticked(INCIDENT)["check-sources"].actor == "mei"


def test_pausing_stays_and_is_for_those_who_open_incidents(desk: DataDir, as_: As) -> None:
    as_("ben")
    assert visit("health").button(key="pause").disabled
    as_("mei")
    assert "Paused by Mei" in text_of(press(visit("health"), "pause"))
    assert WorkerBook(worker_file(desk)).schedules()[INCIDENT].paused_by == "mei", (
        "in the file, so after a restart"
    )
    press(visit("health"), "resume")
    assert WorkerBook(worker_file(desk)).schedules()[INCIDENT].paused_by is None


def test_an_incident_opened_on_the_desk_has_its_file_and_its_checklist(desk: DataDir, as_: As) -> None:
    as_("ben")
    assert "Open incident" not in labels(visit("incidents"))
    as_("mei")
    at = visit("incidents")
    send(at, "Open incident")
    assert "Give it a short name" in text_of(at)
    at.text_input(key="new_0_id").set_value("second-fire")
    at.text_input(key="new_0_title_en").set_value('A "second" fire\\')
    send(at, "Open incident")
    made = find_incident(desk, "second-fire")
    assert made.title("en") == 'A "second" fire\\' and made.watch == "partner-a" and made.closed_at is None
    assert len(Checklist(desk.ledger).due("second-fire")) == 7
    at = visit("incidents")
    at.selectbox(key="change_id").select("second-fire").run()
    press(at, "change_close")
    assert find_incident(desk, "second-fire").closed_at
    at = visit("incidents")
    at.selectbox(key="change_id").select("second-fire").run()
    press(at, "change_open")
    assert find_incident(desk, "second-fire").closed_at is None
    assert len([e for e in Ledger(desk.ledger).events("second-fire") if e.kind == "checklist"]) == 1
    desk.incident_file("second-fire").unlink()


def test_hostile_words_stay_words_on_every_page_and_in_the_picture(desk: DataDir, as_: As) -> None:
    book, log, room = ContactBook(contact_file(desk)), Outreach(desk.ledger), SetAside(desk.ledger)
    assert any(MARKER in text for text in TEXTS)
    today, said = datetime.now(UTC).date(), [storable(text) for text in TEXTS if storable(text)[:120].strip()]
    for nasty in said:
        name, long = nasty[:120], nasty[:5_000]
        book.save(Entry("", "person", name, name), owner="partner-a", actor="ben")
        log.add(INCIDENT, name, on=today, stance="critical", about=long, outcome=long, actor="ben")
        room.say(INCIDENT, [claim_name(3)], nasty[:1_000], actor="ben")
    note = said[0][:2_000]
    Offers(desk.ledger).offer(INCIDENT, "partner-b", holder="partner-a", note=note, seen=0, actor="ben")
    as_("mei")
    for page in PAGES:
        at = visit(page)
        body = html_of(at).replace('<img src="data:image/svg+xml;base64,', "")
        if page == "people":
            assert len(list(ElementTree.fromstring(picture_of(at)).iter(f"{SVG}g"))) == len(directory(desk))
            body += picture_of(at)
        assert not re.search(r"<(script|img|iframe|object|form|input|foreignObject)", body, re.IGNORECASE), (
            page
        )
        assert not re.search(r"<[^>]+\son\w+\s*=", body), page
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", body), page


def test_the_health_page_tells_what_will_be_deleted(desk: DataDir, as_: As) -> None:
    as_("mei")
    assert "Nothing is deleted by itself" in text_of(visit("health"))
    (desk.root / "retention.toml").write_text("closed_days = 30\n")
    assert "No closed incident holds posts" in text_of(visit("health"))
    path = desk.incident_file(INCIDENT)
    kept = path.read_text()
    path.write_text(kept.replace("watch =", "closed_at = 2026-03-20T00:00:00Z\nwatch =", 1))
    told = text_of(visit("health"))
    path.write_text(kept)
    (desk.root / "retention.toml").unlink()
    assert ("go 30 days after" in told and INCIDENT in told and "Apr 18" in told) or "Apr 19" in told
