"""The contact directory: people and organizations, who would call whom, and in what order somebody is on call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.paths import DataDir, checked_name
from pipeline.toml_files import read_toml

KINDS = ("person", "organization")
MOST_ENTRIES, MAX_TEXT_CHARS = 200, 120
_KEYS = {"id", "kind", "name", "reach", "on_call", "calls"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One person or organization."""

    id: str
    kind: str
    name: str
    reach: str = ""
    on_call: int | None = None
    calls: tuple[str, ...] = ()
    owner: str = ""
    """Partner that keeps it on the desk; empty for one of the file."""
    version: int = 0
    """How often it was stored; 0 for one of the file."""


def load_directory(data: DataDir) -> tuple[Entry, ...]:
    """Entries of ``data/directory.toml``; none while there is no file. Raises ``UsageError`` with every problem."""
    path = data.root / "directory.toml"
    return read_directory(path) if path.exists() else ()


def read_directory(path: Path) -> tuple[Entry, ...]:
    """Read and check a directory file."""
    rows = read_toml(path).get("entries")
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_ENTRIES:
        raise UsageError(f"{path}: wants 1 to {MOST_ENTRIES} [[entries]]")
    problems: list[str] = []
    entries = tuple(_entry(row if isinstance(row, dict) else {}, problems) for row in rows)
    ids = [entry.id for entry in entries]
    problems += [f"id {one!r} is used twice" for one in sorted({i for i in ids if ids.count(i) > 1})]
    problems += [f"{e.id} calls {c!r}, which is no entry" for e in entries for c in e.calls if c not in ids]
    if problems:
        raise UsageError("\n".join(f"{path}: {problem}" for problem in problems))
    return entries


def _entry(row: Mapping[str, Any], problems: list[str]) -> Entry:
    name, kind = str(row.get("name", "")).strip(), str(row.get("kind", ""))
    try:
        entry_id = checked_name(str(row.get("id", "")), "entry id")
    except UsageError as error:
        problems.append(str(error))
        entry_id = "?"
    reach, order, calls = str(row.get("reach", "")), row.get("on_call"), row.get("calls", [])
    if unknown := sorted(set(row) - _KEYS):
        problems.append(f"{entry_id}: knows no {', '.join(unknown)}; it knows {', '.join(sorted(_KEYS))}")
    if not name or max(len(name), len(reach)) > MAX_TEXT_CHARS or kind not in KINDS:
        problems.append(f"{entry_id}: needs a name, and a kind: {' or '.join(KINDS)}")
    if order is not None and (type(order) is not int or order < 1):
        problems.append(f"{entry_id}: on_call is a whole number from 1")
    if not isinstance(calls, list) or not all(isinstance(one, str) for one in calls):
        problems.append(f"{entry_id}: calls is a list of ids")
        calls = []
    return Entry(entry_id, kind, name, reach, order if type(order) is int else None, tuple(calls))


def on_call(entries: tuple[Entry, ...]) -> list[Entry]:
    """Who is called first, second …"""
    return sorted((e for e in entries if e.on_call is not None), key=lambda e: (e.on_call or 0, e.id))
