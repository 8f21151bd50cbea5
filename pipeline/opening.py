"""Opening and closing incidents: one way for the command line, the desk and the worker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.incident import Incident, find_incident, save_incident_text
from pipeline.paths import DataDir
from pipeline.protocol.checklist import open_checklist

MAX_TITLE_CHARS = 200

_TEMPLATE = """\
# An incident of Chengqing. Times need a zone (Z or +08:00). Check it with: chengqing incident open {id}
id = "{id}"
opened_at = {opened_at}
watch = {watch}                # the partner on watch
places = []                    # words that the segmenter keeps whole, and that nearness is measured by
words = []

[title]
en = {en}
zh-Hans = {hans}
zh-Hant = {hant}

[window]
start = {opened_at}
# end = 2026-01-31T08:00:00Z   # leave open while it lasts

[aliases]                      # spellings that staff approved, seen = meant: "霉国" = "美国"

[queries]
zh-Hans = []
zh-Hant = []
yue = []
en = []

# [[sources]]                  # one block per source; see: chengqing source list
# name = "town-blog"
# family = "feed"
# url = "https://example.org/feed.xml"
"""


def new_incident(data: DataDir, name: str, titles: Mapping[str, str], watch: str) -> tuple[Incident, Path]:
    """Write the file of a new incident, to be filled in, and return it; ``titles`` by language, English at least.

    Raises ``UsageError`` when there is one of this name, or a title is too long.
    """
    path = data.incident_file(name)
    if path.exists():
        raise UsageError(
            f"{path} exists already: edit it, or choose another name", code="incident_exists", name=name
        )
    if max(map(len, (watch, *titles.values()))) > MAX_TITLE_CHARS:
        raise UsageError(
            f"a title, and who is on watch, have at most {MAX_TITLE_CHARS} characters",
            code="title_long",
            most=MAX_TITLE_CHARS,
        )
    told = {"en": titles["en"], "hans": titles.get("zh-Hans", ""), "hant": titles.get("zh-Hant", "")}
    quoted = {key: _toml(text) for key, text in {**told, "watch": watch}.items()}
    text = _TEMPLATE.format(id=name, opened_at=_moment(), **quoted)
    return save_incident_text(path, text), path


def open_incident(data: DataDir, path: Path, text: str, *, actor: str) -> Incident:
    """Put ``text`` in place as an open incident's file and make its checklist, once; ``IncidentError`` when wrong."""
    opened = save_incident_text(path, as_open(text))
    open_checklist(data, opened, actor=actor)
    return opened


def as_open(text: str) -> str:
    """An incident file's text without its time of closing."""
    return re.sub(r"(?m)^closed_at\s*=.*\n", "", text)


def close_incident(data: DataDir, name: str) -> Incident:
    """Write the time of closing into the incident's file; ``UsageError`` when it is closed, or cannot be written."""
    standing, path = find_incident(data, name), data.incident_file(name)
    if standing.closed_at:
        raise UsageError(
            f"{name} was closed at {standing.closed_at:%Y-%m-%d %H:%M}Z; open it again with: "
            f"chengqing incident open {name}",
            code="incident_closed",
            name=name,
            when=standing.closed_at,
        )
    text = path.read_text(encoding="utf-8")
    line = f"closed_at = {_moment()}\n"
    closed = save_incident_text(path, re.sub(r"(?m)^(opened_at\s*=.*\n)", r"\g<1>" + line, text, count=1))
    if not closed.closed_at:
        raise UsageError(
            f"{path}: no line that begins with opened_at = was found; write {line.strip()} below it by hand",
            code="settings_file",
            file=path.name,
        )
    return closed


def _moment() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _toml(text: str) -> str:
    escaped = re.sub(r'[\\"]', lambda found: "\\" + found[0], text)
    return '"' + re.sub(r"[\x00-\x1f\x7f]", " ", escaped) + '"'
