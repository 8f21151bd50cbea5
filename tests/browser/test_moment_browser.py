"""The time machine in a real browser: three languages, two themes, a phone; a link shows the same list to everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from dashboard.views.moment import named
from desk_server import serve
from pipeline.moments.lists import list_at
from pipeline.paths import DataDir
from test_moments import NAME, live_through

Opened = Callable[..., Any]
STORY = "crawl run decide rule decide crawl run decide circulate"
LOOKS = [("en-US", "light", 1280), ("zh-CN", "dark", 390), ("zh-TW", "light", 1280), ("en-US", "dark", 390)]
WORDS = {
    "en-US": ("The list as it stood", "Earlier list"),
    "zh-CN": ("当时的榜单", "上一份榜单"),
    "zh-TW": ("當時的榜單", "上一份榜單"),
}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def lived(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, DataDir, list[Any]]]:
    data = DataDir(tmp_path_factory.mktemp("moments") / "data")
    moments = list(live_through(data, STORY))
    with ExitStack() as stack:
        yield serve(data.root, stack), data, moments


@pytest.mark.parametrize(("locale", "theme", "width"), LOOKS)
def test_a_link_shows_the_list_of_its_moment(
    lived: tuple[str, DataDir, list[Any]], visit: Opened, locale: str, theme: str, width: int
) -> None:
    base, data, moments = lived
    title, earlier = WORDS[locale]
    page = visit(
        base, f"/moment?incident={NAME}&moment={named(moments[-4])}", locale=locale, theme=theme, width=width
    )
    page.get_by_role("heading", name=title).wait_for()
    rows = list_at(data, NAME, moments[-4]).rows
    page.locator(".claim-row .rank").nth(rows.num_rows - 1).wait_for()
    assert page.locator(".claim-row .rank").all_inner_texts() == [str(r) for r in rows["rank"].to_pylist()]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out"
    page.get_by_role("button", name=earlier).click()
    first = list_at(data, NAME, moments[-4]).shown
    assert first is not None
    page.wait_for_function(
        "told => decodeURIComponent(location.search).includes(told)", arg=named(first.shown_at)
    )
    page.locator(".claim-row").first.wait_for()
