"""What a refusal looks like in each family: one saved page for every kind that its sites can answer with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crawlers.families import FAMILIES
from crawlers.families.base import refusal_of
from crawlers.items import Answer

PAGES = Path(__file__).parent / "pages"
KINDS = ("challenge", "login", "notice", "throttle")
NONE = ""
"""The family's sites have no such page; ``WHY_NONE`` says why."""
TABLE: dict[str, tuple[str, str, str, str]] = {
    "blogger": ("challenge-as-200", "login-page-private", "blocked", "throttled"),
    "bluesky": ("challenge-as-200", "cursor-403", "search-403", "throttled"),
    "claimreview": ("challenge-as-200", "login-page", NONE, "throttled"),
    "discuz": ("challenge-gbk-as-200", "notice-login", "notice-no-right", "notice-too-often"),
    "feed": ("challenge-as-200", "login-redirect", NONE, "throttled-as-200"),
    "googlefactcheck": ("challenge-as-200", "bad-key", "service-off", "quota"),
    "mastodon": ("challenge-as-200", "login-401", "closed-422", "throttled"),
    "misago": ("challenge-as-200", "login-page", "forbidden", "throttled"),
    "onepoint3acres": ("challenge-as-200", "login", NONE, "throttled"),
    "reddit": ("challenge-as-200", "login-redirect", "private", "throttled"),
    "sixpark": ("challenge-as-200", "login-page", NONE, "throttled-as-200"),
    "telegram": ("challenge-as-200", NONE, "no-preview", "throttled"),
    "weibo": ("challenge-as-200", "login-page", "cookie-expired", "soft-throttle"),
    "wenxuecity": ("challenge-as-200", "login-page", NONE, "throttled-as-200"),
    "wordpress": ("challenge-as-200", "login-redirect", "closed", "throttled"),
    "youtube": ("challenge-as-200", "key-invalid", NONE, "quota-exceeded"),
}
WHY_NONE = {
    ("claimreview", "notice"): "an article that was taken down answers 404",
    ("feed", "notice"): "a feed that was closed answers 403, 404 or 410, or a page that is no feed",
    (
        "onepoint3acres",
        "notice",
    ): "the interface's own notices are not documented; anything but a list is an alarm",
    (
        "sixpark",
        "notice",
    ): "a removed post says so and is gone; other notices hold no titles and are an alarm",
    ("telegram", "login"): "the preview knows no members",
    (
        "wenxuecity",
        "notice",
    ): "a removed post says so and is gone; other notices hold no titles and are an alarm",
    ("youtube", "notice"): "an API that is switched off answers with its reason, as for a bad key",
}


def test_the_table_holds_every_family_and_says_why_a_kind_is_left_out() -> None:
    assert set(TABLE) == set(FAMILIES)
    left_out = {(f, KINDS[i]) for f, row in TABLE.items() for i, case in enumerate(row) if case == NONE}
    assert left_out == set(WHY_NONE)


@pytest.mark.parametrize("family", sorted(TABLE))
def test_every_kind_of_refusal_is_named_and_never_an_empty_page(family: str) -> None:
    for kind, case in zip(KINDS, TABLE[family], strict=True):
        if case == NONE:
            continue
        request = json.loads((PAGES / family / case / "request.json").read_text(encoding="utf-8"))
        approved = json.loads((PAGES / family / case / "posts.json").read_text(encoding="utf-8"))
        assert request["family"] == family and set(approved) == {"refusal"}, f"{family}: {kind}"
        assert len(approved["refusal"]) > 8, f"{family}: {kind} has no name"


def _page(
    title: str, path: str = "/x", kind: str = "text/html; charset=utf-8", code: str = "utf-8"
) -> Answer:
    body = f"<html><head><title>{title}</title></head><body>…</body></html>".encode(code, "replace")
    return Answer(f"https://site.example{path}", 200, {"content-type": kind}, body)


@pytest.mark.parametrize(
    "title",
    [
        "登录",
        "用户登录 - 海港",
        "海港论坛 | 登入",
        "Sign in - Accounts",
        "Log in to Harbor",
        "Log In ‹ 海港报 — WordPress",
    ],
)
def test_a_title_that_is_a_login_is_one(title: str) -> None:
    assert refusal_of(_page(title)) == "login page"


@pytest.mark.parametrize(
    "title",
    [
        "网传微信登录要收费",
        "登录不上去了怎么办",
        "Login scam warns police",
        "如何登入 - 海港",
        "验证码骗局",
        "Plugging in to the grid",
    ],
)
def test_a_post_that_speaks_of_logins_is_read(title: str) -> None:
    assert refusal_of(_page(title)) is None and refusal_of(_page(title, "/login-scam.html")) is None


def test_refusals_in_gbk_are_understood() -> None:
    for title, named in (
        ("安全验证", "challenge page"),
        ("访问过于频繁", "soft throttle"),
        ("会员登录 - x", "login page"),
    ):
        assert refusal_of(_page(title, kind="text/html; charset=gbk", code="gb18030")) == named
        assert refusal_of(_page(f"{title}", kind="text/html; charset=gb2312", code="gb18030")) == named
