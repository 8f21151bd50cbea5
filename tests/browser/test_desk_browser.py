"""The desk's main journeys in a real browser: three languages, two themes, two people, hostile posts."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from websockets import Origin
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from desk_world import INCIDENT, claim_name
from hostile import MARKER, TEXTS
from pipeline.ledger import Ledger
from pipeline.ledger.evidence import EvidenceBook
from pipeline.paths import DataDir
from pipeline.records import Status

Opened = Callable[..., Any]

LANGUAGES = {
    "en-US": {
        "keys": "Keys",
        "review": "In review",
        "save": "Save decision",
        "name": "Enter your name",
        "health": "Run health",
    },
    "zh-CN": {
        "keys": "快捷键",
        "review": "核查中",
        "save": "保存决定",
        "name": "填写名字",
        "health": "运行状况",
    },
    "zh-TW": {
        "keys": "快速鍵",
        "review": "核查中",
        "save": "儲存決定",
        "name": "填寫名字",
        "health": "運行狀況",
    },
}
JOURNEYS = [("en-US", "light"), ("zh-CN", "dark"), ("zh-TW", "light"), ("en-US", "dark")]


def say_name(page: Any, label: str, name: str) -> None:
    """Enter a name in the popover at the top right; a page that is still drawn closes it."""
    settle(page)
    page.get_by_role("button", name=label).click()
    field = page.locator(".st-key-actor input")
    field.fill(name)
    field.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=name).first.wait_for()


def idle(page: Any, until: str = ".post") -> None:
    """Wait until the page stands: rows come one by one, and keys pressed before the end go to nobody."""
    page.locator(until).first.wait_for()
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(300)


def press(page: Any, key: str, shown: Any) -> None:
    """Press a key until ``shown`` is there. What people press while a page is drawn anew may go to nobody; they press
    again. That no press is lost once it was heard is proven in test_dashboard_turns."""
    from playwright.sync_api import TimeoutError as NotShown

    for _ in range(2):
        page.keyboard.press(key)
        try:
            shown.wait_for(timeout=7_000)
        except NotShown:
            continue
        return
    shown.wait_for()


def brightness(page: Any) -> float:
    """Of the page's ground, 0 to 255."""
    color = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    red, green, blue = (int(part) for part in re.findall(r"\d+", color)[:3])
    return (red + green + blue) / 3


@pytest.mark.parametrize(("locale", "theme"), JOURNEYS)
def test_from_the_list_to_a_decision_and_back(
    desk: str, world: DataDir, visit: Opened, locale: str, theme: str
) -> None:
    words, number = LANGUAGES[locale], JOURNEYS.index((locale, theme))
    claim = claim_name(number)
    page = visit(desk, locale=locale, theme=theme)
    page.locator(".claim-row").nth(24).wait_for()
    assert (brightness(page) > 128) == (theme == "light")
    say_name(page, words["name"], f"Mei{number}")

    page.locator(f".st-key-row{number + 1} a").click()
    page.locator(".claim-head").wait_for()
    assert claim in page.url and INCIDENT in page.url
    page.locator(".st-key-quick_take button").click()
    page.locator(".standing .lane-in_review").wait_for()

    page.locator(f".st-key-note_{claim}_1 textarea").fill("已致电医院 <b>核实</b>")
    page.get_by_role("button", name=words["save"]).click()
    page.locator(".standing .note").wait_for()
    assert page.locator(".standing .note").inner_text() == "已致电医院 <b>核实</b>"
    stands = Ledger(world.ledger).triage(INCIDENT)[claim]
    assert (stands.status, stands.assignee, stands.version) == (Status.IN_REVIEW, f"Mei{number}", 2)

    page.locator(".st-key-ways a").click()
    page.locator(".claim-row").first.wait_for()
    page.get_by_text(re.compile(f"^{words['review']} ")).click()
    page.wait_for_url("**status=in_review**")
    page.locator(".claim-row .lane-in_review").first.wait_for()
    page.get_by_role("link", name=words["health"]).click()
    page.locator(".heading h1").wait_for()
    assert page.locator(".heading h1").inner_text() == words["health"]


def test_a_link_opens_the_same_view(desk: str, visit: Opened) -> None:
    page = visit(desk, "/?platform=telegram&text=%E5%81%9C%E6%B0%B4&page=1")
    idle(page, ".claim-row")
    first = page.locator(".claim-row .said").all_inner_texts()
    assert first and all("停水" in text for text in first)
    again = visit(desk, page.url.removeprefix(desk))
    idle(again, ".claim-row")
    assert again.locator(".claim-row .said").all_inner_texts() == first


def test_by_keyboard_alone(desk: str, visit: Opened) -> None:
    page = visit(desk)
    page.locator(".claim-row").nth(24).wait_for()
    page.locator(".st-key-row3 a").focus()
    page.keyboard.press("Enter")
    page.locator(".claim-head").wait_for()
    assert claim_name(2) in page.url
    idle(page)
    press(page, "j", page.locator(".claim-head .rank", has_text="4"))
    assert claim_name(3) in page.url
    idle(page)
    press(page, "k", page.locator(".claim-head .rank", has_text="3"))


def test_two_people_see_each_other_and_a_stale_edit_loses_nothing(
    desk: str, world: DataDir, visit: Opened
) -> None:
    claim = claim_name(20)
    path = f"/claim?incident={INCIDENT}&claim={claim}"
    mei, lok = visit(desk, path), visit(desk, path)
    for page, name in ((mei, "Mei"), (lok, "Lok")):
        page.locator(".claim-head").wait_for()
        say_name(page, "Enter your name", name)
    note = mei.locator(f".st-key-note_{claim}_0 textarea")
    note.fill("half typed by Mei")
    lok.locator(".st-key-quick_watch button").click()
    lok.locator(".standing .lane-watching").wait_for()

    mei.locator(".standing .lane-watching").wait_for()
    assert note.input_value() == "half typed by Mei", "a rerun keeps what is half typed"
    mei.get_by_role("button", name="Save decision").click()
    mei.get_by_text("Somebody else decided first").wait_for()
    assert "half typed by Mei" in mei.locator(".pair").first.inner_text()
    mei.get_by_role("button", name="Save mine on top").click()
    mei.locator(".standing .note").wait_for()
    actors = [event.actor for event in Ledger(world.ledger).events(INCIDENT, claim)]
    assert actors == ["Mei", "Lok"]


def settle(page: Any) -> None:
    """Wait until what a key began has ended; the run begins a moment after the key."""
    page.wait_for_timeout(400)
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(200)


@pytest.mark.parametrize(("locale", "theme"), JOURNEYS[1:])
def test_triage_by_keys_undo_and_the_help_sheet(
    desk: str, world: DataDir, visit: Opened, locale: str, theme: str
) -> None:
    words, name = LANGUAGES[locale], f"Key{JOURNEYS.index((locale, theme))}"
    page = visit(desk, "/?page=3", locale=locale, theme=theme)
    page.locator(".claim-row").nth(24).wait_for()
    say_name(page, words["name"], name)
    settle(page)
    shown = [claim_name(n) for n in range(50, 75)]
    before = {c: t.status for c, t in Ledger(world.ledger).triage(INCIDENT).items()}
    for key in "jsjsw":
        page.keyboard.press(key)
        settle(page)
    page.locator(".told").wait_for()
    there = Ledger(world.ledger).triage(INCIDENT)
    assert [c for c in shown if c in there and there[c].status is Status.WATCHING] == shown[1:3]
    page.keyboard.press("u")
    settle(page)
    there = Ledger(world.ledger).triage(INCIDENT)
    for claim in shown[1:3]:
        assert there[claim].status == before.get(claim, Status.NEW), "both are undone as one"
    for key in "h?":
        page.keyboard.press(key)
        sheet = page.get_by_role("dialog")
        sheet.get_by_text(words["keys"]).first.wait_for()
        assert sheet.locator("kbd").count() == 13
        assert sheet.evaluate("e => getComputedStyle(e).colorScheme") == theme, (
            "a sheet stands beside the page"
        )
        page.keyboard.press("Escape")
        sheet.wait_for(state="hidden")
        settle(page)
    field = page.locator(".st-key-f_text input")
    field.press("?")
    settle(page)
    assert field.input_value() == "?" and sheet.count() == 0, "in a field it is a question mark"


def test_a_merge_is_previewed_shown_at_once_and_undone(desk: str, world: DataDir, visit: Opened) -> None:
    page = visit(desk, f"/claim?incident={INCIDENT}&claim={claim_name(40)}")
    page.locator(".claim-head").wait_for()
    say_name(page, "Enter your name", "Ana")
    settle(page)
    sheet = page.get_by_role("dialog")
    press(page, "m", sheet)
    sheet.locator(".st-key-merge_other input").fill("43")
    sheet.locator(".st-key-merge_other input").press("Enter")
    sheet.locator(".made").wait_for()
    sheet.locator(".st-key-merge_do button").click()
    page.get_by_text("Will be one claim with 43").wait_for()
    other = visit(desk, f"/?text={claim_name(42)}")
    other.get_by_text("No claim passes").wait_for()
    page.keyboard.press("u")
    page.get_by_text("Undone").wait_for()
    other.locator(".claim-row").wait_for()
    assert Ledger(world.ledger).verify()


def test_presence_shows_within_seconds(desk: str, visit: Opened) -> None:
    path = f"/claim?incident={INCIDENT}&claim={claim_name(30)}"
    mei, lok = visit(desk, path), visit(desk, "/?page=2", locale="zh-CN", theme="dark")
    for page, label, name in ((mei, "Enter your name", "Mei"), (lok, "填写名字", "Lok")):
        page.locator(".claim-head, .claim-row").first.wait_for()
        say_name(page, label, name)
    lok.get_by_text("Mei 正在看").wait_for()
    lok.locator(".st-key-row31 a").click()
    mei.get_by_text("Lok is on this").wait_for()
    lok.locator(".st-key-ways a").click()
    lok.locator(".claim-row").first.wait_for()
    mei.get_by_text("Lok is on this").wait_for(state="hidden")


def test_news_wait_for_an_open_sheet_and_come_when_it_closes(desk: str, visit: Opened) -> None:
    claim = claim_name(22)
    path = f"/claim?incident={INCIDENT}&claim={claim}"
    mei, lok = visit(desk, path), visit(desk, path)
    for page, name in ((mei, "Mei"), (lok, "Lok")):
        page.locator(".claim-head").wait_for()
        say_name(page, "Enter your name", name)
    idle(mei)
    field = mei.locator('[data-testid="stDialog"] textarea')
    press(mei, "n", field)
    field.fill("half a note by Mei")
    lok.locator(".st-key-quick_watch button").click()
    lok.locator(".standing .lane-watching").wait_for()
    mei.wait_for_timeout(5_000)
    assert field.input_value() == "half a note by Mei", "news must not close what is being written"
    mei.keyboard.press("Escape")
    mei.locator(".standing .lane-watching").wait_for()


def test_notes_evidence_and_rubric_are_kept(desk: str, world: DataDir, visit: Opened) -> None:
    claim = claim_name(44)
    page = visit(desk, f"/claim?incident={INCIDENT}&claim={claim}", locale="zh-TW", theme="dark")
    page.locator(".claim-head").wait_for()
    say_name(page, "填寫名字", "Ana")
    settle(page)
    page.get_by_role("tab", name="證據").click()
    page.locator(f".st-key-ev_quote_{claim} textarea").fill("醫院：沒有死亡個案")
    png = b"\x89PNG\r\n\x1a\n" + bytes(64)
    page.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": png}
    )
    settle(page)
    page.get_by_role("button", name="新增證據").click()
    page.locator(".piece").wait_for()
    (piece,) = EvidenceBook(world.ledger).of(INCIDENT, claim)
    assert EvidenceBook(world.ledger).body(piece) == png
    with page.expect_download() as download:
        page.get_by_role("button", name="取出副本").click()
    assert download.value.path().read_bytes() == png
    page.get_by_role("tab", name="備註").click()
    page.locator(f".st-key-new_note_{claim} textarea").fill("@Lok 請致電 <b>醫院</b>")
    page.get_by_role("button", name="新增備註").click()
    page.locator(".said-note").wait_for()
    settle(page)
    page.get_by_text("評估", exact=True).click()
    page.get_by_role("button", name="儲存評估").click()
    page.get_by_text("請至少回答一個問題。").wait_for()
    settle(page)
    level = page.locator(f".st-key-q_action_{claim}_0 button")
    level.nth(2).click()
    level.and_(page.locator("[aria-checked=true]")).wait_for()
    page.get_by_role("button", name="儲存評估").click()
    page.get_by_text("危害 2/2").wait_for()


def test_at_200_percent_nothing_sticks_out_and_keys_work(desk: str, visit: Opened) -> None:
    page = visit(desk, width=640)  # a window of 1280 points at 200 %
    idle(page, ".claim-row")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    press(page, "j", page.locator(".st-key-row2 .claim-row.on"))


def test_a_match_is_confirmed(desk: str, world: DataDir, visit: Opened) -> None:
    page = visit(desk, f"/claim?incident={INCIDENT}&claim={claim_name(3)}")
    page.locator(".claim-head").wait_for()
    say_name(page, "Enter your name", "Ana")
    page.get_by_role("tab", name=re.compile("May be the same")).click()
    page.get_by_role("button", name="Same claim").click()
    page.locator(".ruled").wait_for()
    assert Ledger(world.ledger).rulings(INCIDENT)[-1].actor == "Ana"


def test_the_theme_can_be_switched_and_stays(desk: str, visit: Opened) -> None:
    page = visit(desk, f"/claim?incident={INCIDENT}&claim={claim_name(1)}")
    page.locator(".claim-head").wait_for()
    assert brightness(page) > 128
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Dark").click()
    page.locator(".claim-head").wait_for()
    assert claim_name(1) in page.url
    assert brightness(page) < 128


@pytest.mark.parametrize("path", ["/", f"/claim?claim={claim_name(0)}", "/health", "/incidents"])
def test_nothing_sticks_out_on_a_phone(desk: str, visit: Opened, path: str) -> None:
    page = visit(desk, path, width=390, locale="zh-TW")
    idle(page, ".claim-row, .claim-head, .heading")
    widest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.stHtml > *')].map(e => e.getBoundingClientRect().right))"
    )
    assert widest <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_posts_do_nothing(hostile_desk: str, visit: Opened) -> None:
    page = visit(hostile_desk)
    for number in range(1, -(-len(TEXTS) // 25) + 1):
        page.goto(f"{hostile_desk}/?page={number}")
        page.locator(f".st-key-row{(number - 1) * 25 + 1} .claim-row").wait_for()
    for number in (*range(0, len(TEXTS), 12), len(TEXTS) - 1):
        page.goto(f"{hostile_desk}/claim?claim={claim_name(number)}")
        page.locator(".post").first.wait_for()
        assert page.evaluate("window.pwned") is None
        assert page.locator(".stHtml :is(img, script, iframe, svg, form, object, video)").count() == 0
        assert page.locator("style", has_text=MARKER).count() == 0
        right = page.evaluate(
            "Math.max(0, ...[...document.querySelectorAll('.post')].map(e => e.getBoundingClientRect().right))"
        )
        assert 0 < right <= 1280


def test_every_answer_carries_the_headers(desk: str) -> None:
    for path in ("/", "/claim", "/_stcore/health", "/desk/theme?to=dark&back=//evil.example/"):
        with urllib.request.urlopen(desk + path, timeout=10) as answer:
            policy = answer.headers["Content-Security-Policy"]
            body = answer.read().decode("utf-8")
        assert "default-src 'none'" in policy and "unsafe-eval" not in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "evil.example" not in body


def test_another_host_name_is_refused(desk: str) -> None:
    """Against DNS rebinding: a stranger's page that resolves to this machine gets nothing, and no websocket."""
    asked = urllib.request.Request(desk + "/", headers={"Host": "evil.example", "Accept-Language": "zh-TW"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=10)
    assert refused.value.code == 400
    assert "本台不用這個網址" in refused.value.read().decode()
    refused.value.close()
    port = int(desk.rpartition(":")[2])
    own, evil = f"ws://127.0.0.1:{port}/_stcore/stream", f"ws://evil.example:{port}/_stcore/stream"
    with pytest.raises(InvalidStatus), connect(own, origin=Origin("https://evil.example")):
        pass
    with (
        socket.create_connection(("127.0.0.1", port)) as line,
        pytest.raises(InvalidStatus),
        connect(evil, sock=line),
    ):
        pass
    with connect(own, origin=Origin(desk)) as stream:
        assert stream.protocol.state.name == "OPEN"
