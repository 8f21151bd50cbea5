"""The pages that run an incident in a real browser: a hand-over between two partners, a map, a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from test_signin_browser import violations, whole

from desk_server import serve
from desk_world import INCIDENT, build_world, claim_name, session_of
from pipeline.accounts import Accounts
from pipeline.incident import find_incident
from pipeline.ledger.protocol import Checklist
from pipeline.ledger.set_aside import SetAside
from pipeline.paths import CHECKOUT, DataDir
from pipeline.people import AccountRole, Person
from pipeline.protocol.checklist import board, open_checklist
from pipeline.protocol.contacts import ContactBook, contact_file
from pipeline.protocol.directory import Entry

pytestmark = pytest.mark.browser
Opened = Callable[..., Any]
PAGES = {
    "/protocol": ".task",
    "/people": ".picture img",
    "/outreach": ".heading",
    "/capacity": ".queue",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """Partner-a has the watch; leads of two partners; two people in the directory."""
    data = build_world(tmp_path_factory.mktemp("running"), claims=12)
    path = data.incident_file(INCIDENT)
    path.write_text(path.read_text().replace('"Test partner"', '"partner-a"'))
    sample = CHECKOUT / "data" / "samples" / "coalition.toml"
    data.coalition.write_text(sample.read_text(encoding="utf-8"), encoding="utf-8")
    for name, partner in (("mei", "partner-a"), ("lok", "partner-b")):
        Accounts(data.accounts).add(Person(name, name.title(), AccountRole.LEAD, partner), by="test")
    open_checklist(data, find_incident(data, INCIDENT), actor="mei")
    book = ContactBook(contact_file(data))
    desk = book.save(
        Entry("", "organization", "<img src=x onerror=alert(1)>"), owner="partner-b", actor="lok"
    )
    book.save(Entry("", "person", "陈美玲", "", 1, (desk.id,)), owner="partner-a", actor="mei")
    return data


@pytest.fixture(scope="module")
def served(browser: Any, running: DataDir) -> Iterator[str]:
    with ExitStack() as stack:
        yield serve(running.root, stack)


def test_the_watch_goes_from_hand_to_hand(served: str, running: DataDir, visit: Opened) -> None:
    fire = find_incident(running, INCIDENT)
    mei = visit(served, "/protocol", token=session_of(running, "mei"))
    whole(mei, ".task")
    mei.locator(".st-key-tick_confirm-watch button").click()
    mei.locator(".st-key-tick_note_confirm-watch_0 textarea").fill("said in the channel")
    mei.locator(".st-key-tick_do_confirm-watch_0 button").click()
    mei.locator(".task.done", has_text="said in the channel").wait_for()
    assert Checklist(running.ledger).ticked(INCIDENT)["confirm-watch"].actor == "mei"
    mei.locator(".st-key-offer_0_note textarea").fill("two claims open")
    mei.get_by_role("button", name="Offer the watch").click()
    mei.get_by_role("button", name="Withdraw the offer").wait_for()

    lok = visit(served, "/protocol", locale="zh-CN", theme="dark", token=session_of(running, "lok"))
    whole(lok, ".task")
    assert "two claims open" in lok.locator(".notice").first.inner_text()
    lok.get_by_role("button", name="接手值守").click()
    lok.locator(".holder", has_text="金山坡法律援助").wait_for()
    assert board(running, fire).on_watch == "partner-b"
    mei.locator(".holder", has_text="Goldhill Legal Aid").wait_for(timeout=20_000)


def test_what_will_not_be_worked_is_chosen_and_said(served: str, running: DataDir, visit: Opened) -> None:
    page = visit(served, "/capacity", locale="zh-TW", token=session_of(running, "mei"))
    whole(page, ".queue")
    page.locator(".st-key-aside_0_claims input").click()
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    page.locator(".st-key-aside_0_reason textarea").fill("熱度下降")
    page.get_by_role("button", name="這些不處理").click()
    page.locator(".queue .note", has_text="熱度下降").wait_for()
    (claim,) = SetAside(running.ledger).all(INCIDENT)
    assert claim == claim_name(0), "nobody offered hours: the first of those that do not fit"
    page.goto(f"{served}/claim?claim={claim}")
    page.locator(".notice", has_text="不處理這則").wait_for()


@pytest.mark.parametrize(("locale", "theme"), [("en-US", "light"), ("zh-CN", "dark"), ("zh-TW", "dark")])
def test_nothing_sticks_out_and_axe_finds_nothing(
    served: str, running: DataDir, visit: Opened, locale: str, theme: str
) -> None:
    page = visit(served, width=390, locale=locale, theme=theme, token=session_of(running, "lok"))
    found: dict[str, list[str]] = {}
    for path, until in PAGES.items():
        page.goto(served + path)
        whole(page, until)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        found[path] = violations(page)
    assert {path: told for path, told in found.items() if told} == {}


def test_the_map_is_a_picture_that_loads_nothing_and_runs_nothing(
    served: str, running: DataDir, visit: Opened
) -> None:
    page = visit(served, "/people", token=session_of(running, "mei"))
    whole(page, ".picture img")
    drawn = page.locator(".picture img")
    assert drawn.evaluate("image => image.naturalWidth") > 100, "it is drawn"
    assert drawn.get_attribute("alt")
    assert page.locator("[onerror]").count() == 0
    assert page.locator(".panel td", has_text="<img src=x onerror=alert(1)>").count() > 0, "a name is text"
