"""A real browser against a real server: skipped, with the reason, where no Chromium is installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dashboard.signin import COOKIE
from desk_server import serve
from desk_world import add_account, build_world, personal_texts
from hostile import TEXTS, storable
from pipeline.paths import DataDir
from pipeline.people import AccountRole


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine: what fails here is tried once more, and the summary names it (RERUN)."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


def chromium() -> str | None:
    """Path of the browser: ``CHENGQING_CHROMIUM``, else what Debian calls it."""
    told = os.environ.get("CHENGQING_CHROMIUM")
    return (
        told or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )


@dataclass
class Watched:
    """What a page did that it must not do."""

    base: str
    errors: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)

    def on_console(self, message: Any) -> None:
        place = urlsplit(str((message.location or {}).get("url", ""))).path
        # Streamlit asks for its own health below the page's path before it asks at the root, and gets a 404
        probing = place.endswith(("/_stcore/health", "/_stcore/host-config"))
        # a page whose session ended still asks for its parts, and the gate says no
        refused = "401 (Unauthorized)" in message.text
        if message.type == "error" and not probing and not refused:
            self.errors.append(message.text)

    def on_request(self, request: Any) -> None:
        host = urlsplit(request.url).netloc
        if host != urlsplit(self.base).netloc and not request.url.startswith(("data:", "blob:")):
            self.strays.append(request.url)

    def watch(self, context: Any) -> None:
        """Listen to every page of a browser context."""
        context.on("console", self.on_console)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", self.on_request)

    def check(self) -> None:
        """Fail on any console error, any request off this server, any script of a stranger."""
        assert self.errors == []
        assert self.strays == []


Opened = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium fonts-noto-cjk, or set CHENGQING_CHROMIUM")
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install playwright"
    )
    with sync_api.sync_playwright() as playwright:
        # Chromium's own sandbox needs rights that build machines do not give to root
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    return build_world(tmp_path_factory.mktemp("desk"), claims=80)


@pytest.fixture(scope="session")
def desk(browser: Any, world: DataDir) -> Iterator[str]:
    with ExitStack() as stack:
        yield serve(world.root, stack)


@pytest.fixture(scope="session")
def hostile_desk(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    texts = [storable(text) for text in TEXTS]
    data = build_world(tmp_path_factory.mktemp("hostile"), texts=texts, claims=len(texts))
    with ExitStack() as stack:
        yield serve(data.root, stack)


@pytest.fixture(scope="session")
def guarded_world(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """A world with accounts: everybody has to sign in; ``session_of`` does it at once."""
    data = build_world(tmp_path_factory.mktemp("guarded"), claims=60, texts=personal_texts(60))
    for role in AccountRole:
        add_account(data, role)
    return data


@pytest.fixture(scope="session")
def guarded_desk(browser: Any, guarded_world: DataDir) -> Iterator[str]:
    with ExitStack() as stack:
        yield serve(guarded_world.root, stack)


@pytest.fixture
def visit(browser: Any) -> Iterator[Opened]:
    """Open an address in a fresh browser context; at the end nothing may have gone wrong in any of them."""
    watched: list[Watched] = []
    with ExitStack() as stack:

        def go(
            base: str,
            path: str = "/",
            *,
            width: int = 1280,
            locale: str = "en-US",
            theme: str = "light",
            token: str | None = None,
        ) -> Any:
            context = browser.new_context(
                viewport={"width": width, "height": 900},
                locale=locale,
                color_scheme=theme,
                timezone_id="America/Los_Angeles",
            )
            stack.callback(context.close)
            if token:
                context.add_cookies(
                    [{"name": COOKIE, "value": token, "url": base, "httpOnly": True, "sameSite": "Strict"}]
                )
            watched.append(Watched(base))
            watched[-1].watch(context)
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.goto(base + path)
            return page

        yield go
        for each in watched:
            each.check()
