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
from pipeline.paths import DataDir
from pipeline.records import Status

Opened = Callable[..., Any]

LANGUAGES = {
    "en-US": {
        "take": "Take it",
        "review": "In review",
        "save": "Save decision",
        "name": "Enter your name",
        "health": "Run health",
    },
    "zh-CN": {
        "take": "我来处理",
        "review": "核查中",
        "save": "保存决定",
        "name": "填写名字",
        "health": "运行状况",
    },
    "zh-TW": {
        "take": "我來處理",
        "review": "核查中",
        "save": "儲存決定",
        "name": "填寫名字",
        "health": "運行狀況",
    },
}
JOURNEYS = [("en-US", "light"), ("zh-CN", "dark"), ("zh-TW", "light"), ("en-US", "dark")]


def say_name(page: Any, label: str, name: str) -> None:
    """Enter a name in the popover at the top right."""
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
    page.get_by_role("button", name=words["take"]).click()
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
    page.keyboard.press("j")
    page.locator(".claim-head .rank", has_text="4").wait_for()
    assert claim_name(3) in page.url
    idle(page)
    page.keyboard.press("k")
    page.locator(".claim-head .rank", has_text="3").wait_for()


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
    lok.get_by_role("button", name="Watch").click()
    lok.locator(".standing .lane-watching").wait_for()

    mei.locator(".standing .lane-watching").wait_for(timeout=6_000)
    assert note.input_value() == "half typed by Mei", "a rerun keeps what is half typed"
    mei.get_by_role("button", name="Save decision").click()
    mei.get_by_text("Somebody else decided first").wait_for()
    assert "half typed by Mei" in mei.locator(".pair").first.inner_text()
    mei.get_by_role("button", name="Save mine on top").click()
    mei.locator(".standing .note").wait_for()
    actors = [event.actor for event in Ledger(world.ledger).events(INCIDENT, claim)]
    assert actors == ["Mei", "Lok"]


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
    asked = urllib.request.Request(desk + "/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=10)
    assert refused.value.code == 400
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
