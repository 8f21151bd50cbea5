"""Every word of a page in a real browser: Streamlit's widgets speak the desk's language, and follow when it changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.borrowed import FAMILY
from dashboard.words import Words, sentences
from desk_world import claim_name, session_of
from pipeline.paths import DataDir

pytestmark = pytest.mark.browser
Opened = Callable[..., Any]

SAID = """() => {
  const found = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (!node.parentElement.closest('[data-testid="stHtml"], [data-testid="InputInstructions"], script'))
      found.add(node.nodeValue.trim());
  }
  for (const one of document.querySelectorAll("*"))
    for (const name of ["aria-label", "aria-valuetext", "placeholder"])
      if (one.hasAttribute(name)) found.add(one.getAttribute(name).trim());
  return [...found];
}"""


def english(page: Any) -> set[str]:
    """What the page says in Streamlit's own English."""
    patterns = [
        re.compile(re.sub(r"\\\{\w+\\\}", ".+?", re.escape(text)))
        for key, text in sentences("en").items()
        if key.startswith(FAMILY) and not text.startswith("{n} – ")  # "11 – 十一月" has the same form
    ]
    return {said for said in page.evaluate(SAID) for pattern in patterns if pattern.fullmatch(said)}


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh-Hans"), ("zh-TW", "zh-Hant")])
def test_no_widget_speaks_english_on_a_chinese_page(
    guarded_desk: str, guarded_world: DataDir, visit: Opened, locale: str, language: str
) -> None:
    words, token = Words(language), session_of(guarded_world, "lead")
    page = visit(guarded_desk, f"/claim?claim={claim_name(0)}", locale=locale, token=token)
    page.get_by_role("tab", name=words("evidence.title")).click()
    page.get_by_text(words("borrowed.per_file", size="10MB")).wait_for()
    assert page.evaluate("document.documentElement.lang") == language
    assert english(page) == set()
    field = page.get_by_role("combobox", name=words("decide.status"))
    field.click()
    field.fill("zzzz")
    page.get_by_text(words("borrowed.no_results"), exact=True).wait_for()
    assert english(page) == set()
    page.keyboard.press("Escape")
    icon = page.locator('[data-testid="stIconMaterial"]').first
    assert icon.evaluate("e => e.scrollWidth <= e.clientWidth + 2"), "an icon is a picture, not its name"

    page.goto(f"{guarded_desk}/moment")
    page.get_by_role("button", name=words("borrowed.choose_date")).click()
    page.get_by_role("button", name=words("borrowed.next_month")).wait_for()
    assert english(page) == set()


def test_the_widgets_follow_when_the_language_is_changed(desk: str, visit: Opened) -> None:
    page = visit(desk, "/moment", locale="en-US")
    page.get_by_role("button", name="Choose date").wait_for()
    page.get_by_role("button", name="English").click()
    page.get_by_role("radio", name="繁體").click()
    page.get_by_role("button", name="選擇日期").wait_for()
    assert page.evaluate("document.documentElement.lang") == "zh-Hant"
    page.get_by_role("radio", name="English").click()
    page.get_by_role("button", name="Choose date").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
