"""Signing in, roles, personal data and links in a real browser, with accounts; every page measured by axe-core."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from desk_server import serve
from desk_world import INCIDENT, PASSWORD, build_world, claim_name, session_of
from pipeline.accounts import Accounts
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from test_oidc import MEI, known, provider_mock, settings

Opened = Callable[..., Any]

SIGN_IN = {"en-US": ("Sign in", "Sign out"), "zh-CN": ("登录", "退出登录"), "zh-TW": ("登入", "登出")}
PAGES = {
    "/": ".claim-row",
    f"/claim?incident={INCIDENT}&claim={claim_name(0)}": ".claim-head",
    f"/claim?incident={INCIDENT}&claim={claim_name(3)}": ".post",
    "/incidents": ".heading",
    "/health": ".heading",
    "/corrections": ".heading",
    "/moment": ".heading",
    "/alerts": ".heading",
    "/perspectives": ".heading",
}


def whole(page: Any, until: str) -> None:
    page.locator(until).first.wait_for()
    page.locator('.stApp[data-test-script-state="notRunning"]').wait_for()
    page.wait_for_timeout(300)


@pytest.mark.parametrize("locale", SIGN_IN)
def test_sign_in_lands_where_one_wanted_to_go_and_sign_out_ends_it(
    guarded_desk: str, visit: Opened, locale: str
) -> None:
    enter, out = SIGN_IN[locale]
    path = f"/claim?incident={INCIDENT}&claim={claim_name(2)}"
    page = visit(guarded_desk, path, locale=locale, width=390)
    assert page.locator("h1").inner_text() == enter
    page.locator("#name").fill("monitor")
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    whole(page, ".claim-head")
    assert claim_name(2) in page.url
    cookie = next(c for c in page.context.cookies() if c["name"] == "chengqing_session")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict"
    assert cookie["value"] not in page.evaluate("document.cookie")
    page.locator(".st-key-who button:visible").first.click()
    page.get_by_role("button", name=out).click()
    page.locator('a[href="/desk/signin"]').wait_for()
    page.goto(guarded_desk + path)
    page.locator("#name").wait_for()


def test_a_session_that_is_ended_elsewhere_is_noticed(
    guarded_desk: str, guarded_world: DataDir, visit: Opened
) -> None:
    token = session_of(guarded_world, "lead")
    page = visit(guarded_desk, token=token)
    whole(page, ".claim-row")
    Accounts(guarded_world.accounts).sign_out(token)
    page.locator('a[href="/desk/signin"]').wait_for()
    assert page.locator(".claim-row").count() == 0


def test_a_viewer_sees_and_cannot_decide_and_a_monitor_reveals_on_the_record(
    guarded_desk: str, guarded_world: DataDir, visit: Opened
) -> None:
    path = f"/claim?incident={INCIDENT}&claim={claim_name(0)}"
    viewer = visit(guarded_desk, path, token=session_of(guarded_world, "viewer"))
    whole(viewer, ".post .masked")
    assert "555" not in viewer.locator("body").inner_text()
    assert viewer.get_by_role("button", name="Show personal data").count() == 0
    assert viewer.locator(".st-key-quick_take button").is_disabled()
    monitor = visit(guarded_desk, path, token=session_of(guarded_world, "monitor"))
    whole(monitor, ".post .masked")
    monitor.get_by_role("button", name="Show personal data").first.click()
    monitor.locator(".post", has_text="415-555-0100").first.wait_for()
    assert "555" not in monitor.locator(".claim-head").inner_text(), "only the post that was asked for"
    looks = [e for e in Ledger(guarded_world.ledger).events(INCIDENT) if e.kind == "reveal"]
    assert [(e.actor, e.payload["claim"]) for e in looks] == [("monitor", claim_name(0))]


def test_a_link_warns_before_it_leaves(guarded_desk: str, guarded_world: DataDir, visit: Opened) -> None:
    path = f"/claim?incident={INCIDENT}&claim={claim_name(1)}"
    page = visit(guarded_desk, path, token=session_of(guarded_world, "viewer"))
    whole(page, ".post")
    with page.expect_popup() as opened:
        page.locator(".post a", has_text="posts.example").first.click()
    popup = opened.value
    popup.locator(".host").wait_for()
    assert popup.locator(".host").inner_text() == "posts.example"
    assert popup.locator("a.go").get_attribute("rel") == "noreferrer noopener nofollow"
    assert popup.evaluate("window.opener") is None


def violations(page: Any) -> list[str]:
    """What axe-core finds wrong by WCAG 2.2 A and AA, each with the elements."""
    axe = pytest.importorskip("axe_playwright_python", reason="pip install axe-playwright-python")
    script = (Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    page.evaluate(script)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)
    return [
        f"{each['id']}: {node['target']} {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def test_axe_finds_what_is_wrong(browser: Any) -> None:
    page = browser.new_page()
    page.set_content("<html lang=en><title>x</title><img src=''><p style='color:#ccc'>pale</p></html>")
    told = " ".join(violations(page))
    page.close()
    assert "image-alt" in told and "color-contrast" in told


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", SIGN_IN)
def test_axe_finds_nothing_on_any_page(
    guarded_desk: str, guarded_world: DataDir, visit: Opened, locale: str, theme: str
) -> None:
    outside = visit(guarded_desk, "/desk/signin", locale=locale, theme=theme)
    found = {"/desk/signin": violations(outside)}
    page = visit(guarded_desk, locale=locale, theme=theme, token=session_of(guarded_world, "lead"))
    for path, until in PAGES.items():
        page.goto(guarded_desk + path)
        whole(page, until)
        found[path] = violations(page)
    page.goto(f"{guarded_desk}/desk/leave?to=https://example.org/")
    found["/desk/leave"] = violations(page)
    assert {path: told for path, told in found.items() if told} == {}


@pytest.mark.parametrize("path", [*PAGES, "/desk/signin", "/desk/leave?to=https://example.org/"])
def test_at_200_percent_nothing_is_cut_off(
    guarded_desk: str, guarded_world: DataDir, visit: Opened, path: str
) -> None:
    """Zooming to 200 % halves the window in CSS pixels: 1280 becomes 640."""
    page = visit(guarded_desk, path, width=640, token=session_of(guarded_world, "lead"))
    page.locator(PAGES.get(path, "main")).first.wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_sign_in_by_keyboard_alone(guarded_desk: str, visit: Opened) -> None:
    page = visit(guarded_desk, "/desk/signin")
    page.keyboard.type("viewer")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    page.keyboard.press("Enter")
    whole(page, ".claim-row")
    assert re.search(r"/$|/\?", page.url)


@pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")
@pytest.mark.parametrize("locale", SIGN_IN)
def test_the_coalitions_own_sign_in(browser: Any, tmp_path: Path, locale: str) -> None:
    """Over to a real identity provider and back; nothing else of the browser's goes anywhere."""
    data = build_world(tmp_path, claims=5)
    with ExitStack() as stack:
        base = serve(data.root, stack)
        issuer = f"http://localhost:{stack.enter_context(provider_mock.run_server_in_thread()).server_port}"
        settings(data, issuer, address=base)
        known(issuer, "mei-1", MEI)
        context = browser.new_context(locale=locale)
        stack.callback(context.close)
        asked: set[str] = set()
        errors: list[str] = []

        def on_request(request: Any) -> None:
            """What our pages ask for, and where the browser is sent; the provider's page styles itself elsewhere."""
            if request.is_navigation_request() or request.frame.url.startswith(base):
                asked.add(urlsplit(request.url).netloc)

        context.route("https://**", lambda route: route.abort())
        context.on("request", on_request)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        page = context.new_page()
        page.goto(f"{base}/claim?incident={INCIDENT}&claim={claim_name(2)}")
        assert violations(page) == []
        page.locator('a[href^="/desk/oidc/start"]').click()
        page.locator('input[name="sub"]').fill("mei-1")
        page.locator('input[name="sub"]').press("Enter")
        whole(page, ".claim-head")
        assert (
            claim_name(2) in page.url and page.locator("html").evaluate("e => e.outerHTML").find(issuer) < 0
        )
        page.locator(".st-key-who button:visible").first.click()
        page.get_by_role("button", name=SIGN_IN[locale][1]).click()
        page.locator('a[href="/desk/signin"]').click()
        page.locator('a[href="/desk/oidc/leave"]').click()
        page.wait_for_url(f"{issuer}/**")
        page.goto(f"{base}/")
        page.locator("#name").wait_for()
        assert asked <= {urlsplit(base).netloc, urlsplit(issuer).netloc}
        assert errors == []
