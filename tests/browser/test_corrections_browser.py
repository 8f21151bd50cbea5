"""From a claim to a release in a real browser: six accounts, a bright line, a block, a void, four consents."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from dashboard.signin import COOKIE
from desk_server import serve
from desk_world import INCIDENT, build_world, claim_name
from pipeline.accounts import Accounts
from pipeline.correction import document as d
from pipeline.correction.brightlines import BrightLine
from pipeline.ledger.drafts import Hand
from pipeline.ledger.statements import Statements
from pipeline.paths import CHECKOUT, DataDir
from pipeline.people import AccountRole, Person
from pipeline.records import Rating

pytestmark = pytest.mark.browser
Opened = Callable[..., Any]
PARTNERS = ("partner-a", "partner-b", "partner-c", "partner-d")
JOURNEYS = {"en-US": ("light", "Draft a correction"), "zh-CN": ("dark", "起草澄清")}


@pytest.fixture(scope="module")
def coalition(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    data = build_world(tmp_path_factory.mktemp("coalition"), claims=8)
    sample = CHECKOUT / "data" / "samples" / "coalition.toml"
    data.coalition.write_text(sample.read_text(encoding="utf-8"), encoding="utf-8")
    accounts = Accounts(data.accounts)
    accounts.add(Person("mei", "Mei", AccountRole.LEAD, "partner-a"), by="test")
    accounts.add(Person("ben", "Ben", AccountRole.MONITOR, "partner-a"), by="test")
    for partner in PARTNERS:
        accounts.add(Person(partner, f"Reviewer {partner}", AccountRole.REVIEWER, partner), by="test")
    line = BrightLine(
        "", "partner-b", "police", {"en": ("police",)}, wont_say="police", why="we name the office"
    )
    Statements(data.ledger).draw(line, Hand("partner-b", "partner-b"))
    return data


@pytest.fixture(scope="module")
def served(browser: Any, coalition: DataDir) -> Iterator[str]:
    with ExitStack() as stack:
        yield serve(coalition.root, stack)


class Journey:
    """Six tabs, one per account, and what they do."""

    def __init__(self, data: DataDir, base: str, visit: Opened, locale: str) -> None:
        self.data, self.base, self.room = data, base, Statements(data.ledger)
        self.pages = {}
        theme = JOURNEYS[locale][0]
        for user in ("mei", "ben", *PARTNERS):
            page = visit(base, "/desk/signin", locale=locale, theme=theme)
            held = Accounts(data.accounts).open_session(user, how="test")
            page.context.add_cookies([{"name": COOKIE, "value": held, "url": base}])
            self.pages[user] = page

    def open(self, user: str, path: str, until: str) -> Any:
        page = self.pages[user]
        page.goto(f"{self.base}{path}{'&' if '?' in path else '?'}incident={INCIDENT}")
        page.locator(until).first.wait_for()
        page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()
        page.wait_for_timeout(250)
        return page

    def draft(self, user: str) -> Any:
        return self.open(user, f"/correction?draft={self.draft_id}", ".st-key-approve")

    def write(self, page: Any, line_id: str, language: str, text: str) -> None:
        """Type a sentence, leave the field, and wait until it is stored and the page shows what it changed."""
        field = page.locator(f".st-key-speech_{line_id}_{language} textarea")
        field.fill(text)
        field.blur()
        until = time.monotonic() + 15
        while self.room.draft(self.draft_id).document.line(line_id).texts[language] != text:
            assert time.monotonic() < until, "never stored"
            page.wait_for_timeout(100)
        page.wait_for_timeout(500)
        page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()

    def circulate(self) -> str:
        self.draft("ben").locator(".st-key-approve button").first.click()
        page = self.pages["ben"]
        page.wait_for_timeout(1_000)
        page = self.draft("mei")
        page.locator(".st-key-circulate button:not([disabled])").click()
        page.locator(".answers").wait_for()
        found = re.search(r"statement=(s-[0-9a-f]+)", page.url)
        assert found, page.url
        return found[1]

    def answer(self, partner: str, statement: str, place: int, reason: str = "") -> None:
        page = self.open(partner, f"/statement?statement={statement}", ".st-key-answer_choice")
        page.locator(".st-key-answer_choice label").filter(has=page.locator("input")).nth(place).click()
        if reason:
            page.locator(".st-key-answer_reason textarea").fill(reason)
        page.locator('[data-testid="stFormSubmitButton"] button').click()
        page.locator(".answers .pill").first.wait_for()


def prepared(situation: str) -> d.Document:
    """A text in two languages with nothing open."""
    draft = d.Document(situation, ("en", "zh-Hans"), Rating.INACCURATE)
    draft = d.add_source(
        d.add_line(d.add_line(draft, d.Part.TITLE), d.Part.KNOWN), "https://example.org/x", "Fire Department"
    )
    for line_id, english, chinese in (
        ("s1", "All are safe", "全员平安"),
        ("s2", "Nobody was hurt.", "无人受伤。"),
    ):
        draft = d.write(d.write(draft, line_id, "en", english), line_id, "zh-Hans", chinese)
        draft = d.confirm(draft, line_id, "en")
    return d.cite(draft, "s2", ["e1"])


@pytest.mark.slow
@pytest.mark.parametrize("locale", JOURNEYS)
def test_from_a_claim_to_a_release(
    coalition: DataDir, served: str, visit: Opened, locale: str, tmp_path: Path
) -> None:
    way = Journey(coalition, served, visit, locale)
    claim = claim_name(list(JOURNEYS).index(locale))
    page = way.open("mei", f"/claim?claim={claim}", ".post")
    page.get_by_role("link", name=JOURNEYS[locale][1]).click()
    page.locator(".st-key-begin_draft button").click()
    page.locator(".st-key-add_line").wait_for()
    found = re.search(r"draft=(d-[0-9a-f]+)", page.url)
    assert found, page.url
    way.draft_id = found[1]
    begun = way.room.draft(way.draft_id)
    assert begun.claim_id == claim
    way.room.save(begun, prepared(begun.document.situation), Hand("mei", "partner-a"))

    page = way.draft("mei")
    way.write(page, "s2", "en", "Nobody was hurt, police say.")
    page.locator(".points li.cross").wait_for()
    assert (
        "Goldhill" in page.locator(".points li.cross").inner_text()
        or "金山坡" in page.locator(".points li.cross").inner_text()
    )
    page.locator(".st-key-confirm_s2 button").click()
    page.locator(".st-key-confirm_s2").wait_for(state="detached")
    explain = (
        page.locator('[data-testid="stForm"]').filter(has=page.locator('[data-testid="stSelectbox"]')).first
    )
    explain.locator("input[type=text]").last.fill("their own words")
    explain.locator('[data-testid="stFormSubmitButton"] button').click()
    page.locator(".points li").first.wait_for(state="detached")

    first = way.circulate()
    way.answer("partner-a", first, 0)
    way.answer("partner-b", first, 3, "we said that we do not use this word")
    page = way.open("mei", f"/statement?statement={first}", ".answers")
    assert page.locator(".notice.warn").count() == 1
    assert "we said that we do not use this word" in page.locator(".answers").inner_text()
    assert page.locator(".st-key-release").count() == 0

    page = way.draft("mei")
    way.write(page, "s2", "en", "Nobody was hurt, the Fire Department says.")
    page.locator(".points li").first.wait_for()
    way.write(page, "s2", "zh-Hans", "消防局说，无人受伤。")
    page.locator(".st-key-confirm_s2 button").click()
    page.locator(".st-key-confirm_s2").wait_for(state="detached")
    assert way.room.statement(first).voided_by == "mei"
    page = way.open("partner-c", f"/statement?statement={first}", ".answers")
    assert page.locator(".st-key-answer_choice").count() == 0, "nobody answers to a text that has changed"

    second = way.circulate()
    for partner in PARTNERS:
        way.answer(partner, second, 0)
    page = way.open("mei", f"/statement?statement={second}", ".st-key-release")
    page.locator(".st-key-release button").click()
    page.locator('[class*="st-key-make_"] button').click()
    with page.expect_download() as download:
        page.locator('[class*="st-key-zip_"] button').click()
    packed = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    (released,) = [r for r in way.room.releases(INCIDENT) if r.statement_id == second]
    folder = released.release_id
    assert packed.read(f"{folder}/consented.json").decode() == way.room.statement(second).content
    assert "消防局说，无人受伤。" in packed.read(f"{folder}/zh-Hans.txt").decode()
