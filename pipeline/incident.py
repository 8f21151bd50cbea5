"""An incident is data, not code: a TOML file, checked before anything is crawled or run.

>>> incident = load_incident(Path("data/incidents/sf-harbor-lane-fire.toml"))  # doctest: +SKIP
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import IncidentError, UnknownName, UsageError
from pipeline.files import write_text
from pipeline.paths import DataDir, checked_name

TITLE_LANGUAGES = ("en", "zh-Hans", "zh-Hant")
QUERY_LANGUAGES = (*TITLE_LANGUAGES, "yue")
MAX_FILE_BYTES = 1_000_000

_KNOWN = {
    "id",
    "opened_at",
    "closed_at",
    "watch",
    "title",
    "window",
    "places",
    "words",
    "aliases",
    "queries",
    "sources",
}


@dataclass(frozen=True, slots=True)
class SourceUse:
    """One source that the incident reads: a card or family, an address, and its own parameters."""

    name: str
    family: str
    url: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Incident:
    """A validated incident. Times are aware and in UTC; ``end`` may be open."""

    id: str
    titles: dict[str, str]
    opened_at: datetime
    start: datetime
    end: datetime | None
    closed_at: datetime | None
    watch: str
    places: tuple[str, ...]
    words: tuple[str, ...]
    aliases: dict[str, str]
    queries: dict[str, tuple[str, ...]]
    sources: tuple[SourceUse, ...]

    def title(self, language: str) -> str:
        """The title in ``language``, or in English where there is none."""
        return self.titles.get(language) or self.titles["en"]

    @property
    def user_words(self) -> tuple[str, ...]:
        """Words that the segmenter must keep whole."""
        return (*self.places, *self.words)


class _Reader:
    """Collects every problem of one file with its line, so that a person fixes them all at once."""

    def __init__(self, path: Path, text: str, data: dict[str, Any]) -> None:
        self.path, self.lines, self.data = path, text.splitlines(), data
        self.problems: list[str] = []

    def line_of(self, key: str) -> int:
        """Line of ``key`` (or ``table.key``), 1 when it is absent."""
        *tables, last = key.split(".")
        inside = not tables
        for number, line in enumerate(self.lines, 1):
            header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
            if header:
                inside = header[1].strip("\"' ") == (".".join(tables) or None)
                if header[1] == key:
                    return number
            elif inside and re.match(rf"\s*[\"']?{re.escape(last)}[\"']?\s*=", line):
                return number
        return 1

    def problem(self, key: str, sentence: str) -> None:
        """Note what is wrong at ``key`` and how to mend it."""
        self.problems.append(f"{self.path}:{self.line_of(key)}: {sentence}")

    def get(self, key: str) -> Any:  # noqa: ANN401  TOML values are of any type until checked
        """Value of a dotted key, None when absent."""
        value: Any = self.data
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def time(self, key: str, *, required: bool) -> datetime | None:
        """An aware time in UTC; anything else is a problem."""
        value = self.get(key)
        if value is None:
            if required:
                self.problem(key, f"{key} is missing: write {key} = 2026-01-31T08:00:00Z")
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            self.problem(key, f"{key} has no time zone: write it as 2026-01-31T08:00:00Z or with +08:00")
            return None
        if not 1990 <= value.year <= 2200:
            self.problem(key, f"{key} lies in the year {value.year}: write the real one")
            return None
        return value.astimezone(UTC)

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of non-empty strings; absent is empty."""
        value = self.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            self.problem(key, f'{key} must be a list of words: write {key} = ["…", "…"]')
            return ()
        return tuple(value)

    def string_map(self, key: str) -> dict[str, str]:
        """A table of strings; absent is empty."""
        value = self.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            self.problem(key, f'{key} must be a table of words: write [{key}] and lines "seen" = "meant"')
            return {}
        return dict(value)


def _titles(reader: _Reader) -> dict[str, str]:
    titles = reader.string_map("title")
    if not titles.get("en"):
        reader.problem("title", 'title.en is missing: write [title] and en = "…" below it')
    for language in titles:
        if language not in TITLE_LANGUAGES:
            reader.problem(f"title.{language}", f"title.{language}: use one of {', '.join(TITLE_LANGUAGES)}")
    return titles


def _queries(reader: _Reader) -> dict[str, tuple[str, ...]]:
    languages = reader.get("queries") or {}
    if not isinstance(languages, dict):
        reader.problem("queries", "queries must be a table: write [queries] and a list per language below it")
        return {}
    for language in languages:
        if language not in QUERY_LANGUAGES:
            reader.problem(
                f"queries.{language}", f"queries.{language}: use one of {', '.join(QUERY_LANGUAGES)}"
            )
    return {language: reader.strings(f"queries.{language}") for language in languages}


def _sources(reader: _Reader) -> tuple[SourceUse, ...]:
    entries = reader.get("sources") or []
    uses: list[SourceUse] = []
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, dict) or not all(
            isinstance(entry.get(k), str) for k in ("name", "family", "url")
        ):
            reader.problem("sources", "each [[sources]] needs name, family and url, all strings")
            continue
        params = {k: v for k, v in entry.items() if k not in {"name", "family", "url"}}
        try:
            name = checked_name(entry["name"], "source")
        except UsageError as error:
            reader.problem("sources", str(error))
            continue
        uses.append(SourceUse(name, entry["family"], entry["url"], params))
    names = [use.name for use in uses]
    for name in sorted({n for n in names if names.count(n) > 1}):
        reader.problem("sources", f"source name {name!r} is used twice: give each [[sources]] its own name")
    return tuple(uses)


def _known_keys(reader: _Reader, table: str, known: tuple[str, ...]) -> None:
    value = reader.get(table)
    if value is None:
        return
    if not isinstance(value, dict):
        reader.problem(table, f"{table} must be a table: write [{table}] and lines below it")
        return
    for key in sorted(set(value) - set(known)):
        reader.problem(f"{table}.{key}", f"unknown key {table}.{key}: known are {', '.join(known)}")


def _window(reader: _Reader, opened: datetime | None) -> tuple[datetime | None, datetime | None]:
    _known_keys(reader, "window", ("start", "end"))
    start = reader.time("window.start", required=False) or opened
    end = reader.time("window.end", required=False)
    if start and end and end <= start:
        reader.problem("window.end", "window.end is not after window.start: put the later time in window.end")
    return start, end


def parse_incident(text: str, path: Path) -> Incident:
    """Check the text of an incident file.

    Raises ``IncidentError`` whose message has one ``file:line: what, and how to mend it`` per problem.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise IncidentError(f"{path}: not valid TOML: {error}; see data/README.md for an example") from error
    reader = _Reader(path, text, data)
    for key in sorted(set(data) - _KNOWN):
        reader.problem(key, f"unknown key {key!r}: known are {', '.join(sorted(_KNOWN))}")
    identifier = data.get("id")
    if identifier != path.stem:
        reader.problem("id", f"id is {identifier!r} but the file is {path.name}: make them equal")
    watch = data.get("watch")
    if not isinstance(watch, str) or not watch.strip():
        reader.problem("watch", 'watch is missing: write watch = "name of the partner on watch"')
    opened = reader.time("opened_at", required=True)
    start, end = _window(reader, opened)
    fields: dict[str, Any] = {
        "titles": _titles(reader),
        "closed_at": reader.time("closed_at", required=False),
        "places": reader.strings("places"),
        "words": reader.strings("words"),
        "aliases": reader.string_map("aliases"),
        "queries": _queries(reader),
        "sources": _sources(reader),
    }
    if reader.problems or opened is None or start is None:
        raise IncidentError("\n".join(reader.problems))
    return Incident(id=path.stem, opened_at=opened, start=start, end=end, watch=str(watch), **fields)


def load_incident(path: Path) -> Incident:
    """Read and check one incident file."""
    try:
        size = path.stat().st_size
        checked_name(path.stem, "incident")
    except (OSError, UsageError) as error:
        raise IncidentError(f"{path}: {error}") from error
    if size > MAX_FILE_BYTES:
        raise IncidentError(
            f"{path}: larger than {MAX_FILE_BYTES} bytes: an incident file holds words, not posts"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise IncidentError(f"{path}: not UTF-8 ({error}): save it as UTF-8") from error
    return parse_incident(text, path)


def find_incident(data: DataDir, name: str) -> Incident:
    """The incident called ``name``, or ``UnknownName`` with the names there are."""
    path = data.incident_file(name)
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in data.incidents.glob("*.toml"))) or "none yet"
        raise UnknownName(
            f"no incident {name!r} in {data.incidents}; known: {known}; "
            f"make one with: chengqing incident new {name}",
            code="incident_unknown",
            name=name[:80],
        )
    return load_incident(path)


def list_incidents(data: DataDir, on_error: Callable[[IncidentError], None]) -> list[Incident]:
    """Every readable incident, newest first; each unreadable file goes to ``on_error`` and hides no other."""
    found: list[Incident] = []
    for path in sorted(data.incidents.glob("*.toml")):
        try:
            found.append(load_incident(path))
        except IncidentError as error:
            on_error(error)
    return sorted(found, key=lambda i: (i.opened_at, i.id), reverse=True)


def save_incident_text(path: Path, text: str) -> Incident:
    """Check ``text`` and put it in place atomically; nothing is written when it is wrong."""
    incident = parse_incident(text, path)
    write_text(path, text)
    return incident
