"""What a new source begins with: a card to fill in, and a test case that fails until somebody records a page."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from crawlers.families import family_named
from crawlers.items import Context
from crawlers.net.guard import AddressRefused, check_url
from crawlers.net.redact import Redactor
from pipeline.errors import UsageError
from pipeline.files import write_text
from pipeline.paths import CHECKOUT, DataDir, checked_name

PAGES = CHECKOUT / "tests" / "pages"
TO_DO = "record a page: chengqing source record INCIDENT {name} --to FOLDER; read its posts.json; this case then goes"
_CARD = """\
name = "{name}"
family = "{family}"
title = {{ en = "{name}" }}
owner = ""      # who runs {site}
language = []   # such as ["zh-Hans", "yue"]
lineage = ""    # where its words come from: own reporting, members, other outlets, a government
robots = "obeyed"
checked = ""    # the day a person read robots.txt and terms, such as 2026-01-31
terms = ""      # address of the terms, and what they say about reading by machine
delay = 2.0
enabled = true

[expected]
min = 1         # fewer entries than this is an alarm
"""


def check_source(data: DataDir, name: str, url: str) -> Path:
    """Where the card of a new source goes. Raises ``UsageError`` for a taken name, or an address not to be read."""
    path = data.root / "sources" / f"{checked_name(name, 'source')}.toml"
    if path.exists():
        raise UsageError(f"{path} is there already; edit it, or choose another name")
    try:
        check_url(url, allowed=("127.0.0.1", "localhost"))
    except AddressRefused as error:
        raise UsageError(f"{url}: {error}") from error
    return path


def write_card(data: DataDir, name: str, family: str, url: str) -> Path:
    """The card of a new source, as ``check_source`` allows it."""
    path = check_source(data, name, url)
    write_text(path, _CARD.format(name=name, family=family, site=urlsplit(url).hostname))
    return path


def incident_lines(name: str, family: str, url: str) -> str:
    """What goes into the incident's file."""
    return f"[[sources]]\nname = {json.dumps(name)}\nfamily = {json.dumps(family)}\nurl = {json.dumps(url)}\n"


def _case(folder: Path, name: str) -> Path:
    return folder / f"{checked_name(name, 'source')}-to-record"


def check_case(name: str, family: str, pages: Path | None = None) -> Path | None:
    """Where the case of a new source goes; ``None`` where there are no tests to add to. Raises ``UsageError``."""
    root = pages or (PAGES if PAGES.is_dir() else None)
    if root is None:
        return None
    case = _case(root / checked_name(family, "family"), name)
    if case.exists():
        raise UsageError(f"{case} is there already; record its page, or choose another name")
    return case


def drop_empty_case(folder: Path, name: str, recorded: list[Path]) -> Path | None:
    """Take the case of a new source away once one with posts was recorded; ``None`` where nothing was to do."""
    empty = _case(folder, name)
    with_posts = [
        one for one in recorded if json.loads((one / "posts.json").read_text(encoding="utf-8")).get("posts")
    ]
    if not with_posts or not empty.is_dir():
        return None
    shutil.rmtree(empty)
    return empty


def write_case(name: str, family: str, url: str, pages: Path | None = None) -> Path | None:
    """A case under ``pages`` whose posts nobody approved yet; ``None`` where there are no tests to add to."""
    case = check_case(name, family, pages)
    if case is None:
        return None
    case.mkdir(parents=True)
    now = datetime.now(UTC).replace(microsecond=0)
    request = {
        "family": family,
        "fetch": {
            "url": Redactor().text(_first_address(family, url, now)),
            "kind": "list",
            "chain": name,
            "carry": {},
        },
        "url": Redactor().text(url),
        "status": 200,
        "headers": {"content-type": "text/html; charset=utf-8"},
        "now": now.isoformat(),
        "start": (now - timedelta(days=7)).isoformat(),
        "site": urlsplit(url).hostname or name,
        "source": name,
    }
    write_text(case / "request.json", json.dumps(request, ensure_ascii=False, indent=1) + "\n")
    write_text(case / "body.html", "")
    write_text(case / "posts.json", json.dumps({"to_do": TO_DO.format(name=name)}, indent=1) + "\n")
    return case


def _first_address(family: str, url: str, now: datetime) -> str:
    """Where the family would begin; the address itself where it needs parameters that nobody gave yet."""
    site = urlsplit(url).hostname or ""
    context = Context(site, site, "new", "new", now, now, lambda platform, name: "", queries=("停水",))
    try:
        return family_named(family).start(url, context)[0].url
    except UsageError:  # or a new family, which is not loaded yet
        return url
