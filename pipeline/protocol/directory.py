"""The contact directory: people and organizations, who would call whom, and in what order somebody is on call."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.paths import DataDir, checked_name
from pipeline.toml_files import read_toml

KINDS = ("person", "organization")
MOST_ENTRIES, MAX_TEXT_CHARS = 200, 120
_KEYS = {"id", "kind", "name", "reach", "on_call", "calls"}
_SIZE, _RING = 760, 250


@dataclass(frozen=True, slots=True)
class Entry:
    """One person or organization."""

    id: str
    kind: str
    name: str
    reach: str = ""
    on_call: int | None = None
    calls: tuple[str, ...] = ()


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


def drawn(entries: tuple[Entry, ...], label: str) -> str:
    """The map as SVG: people as circles, organizations as boxes on a ring, an arrow for each call. Text is escaped."""
    places = {e.id: _place(number, len(entries)) for number, e in enumerate(entries)}
    arrows = [_arrow(places[e.id], places[c]) for e in entries for c in e.calls if c != e.id]
    nodes = [_node(e, *places[e.id]) for e in entries]
    head = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#5c6670"/></marker></defs>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE} {_SIZE}" role="img" '
        f'aria-label="{escape(label)}" font-family="Noto Sans CJK SC, sans-serif" font-size="12">'
        f"{head}{''.join(arrows)}{''.join(nodes)}</svg>"
    )


def _place(number: int, count: int) -> tuple[float, float]:
    angle = 2 * math.pi * number / count - math.pi / 2
    return _SIZE / 2 + _RING * math.cos(angle), _SIZE / 2 + _RING * math.sin(angle)


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """From the rim of one node to the rim of the other."""
    (x1, y1), (x2, y2) = start, end
    long = math.hypot(x2 - x1, y2 - y1) or 1.0
    dx, dy = (x2 - x1) / long * 20, (y2 - y1) / long * 20
    return (
        f'<path d="M{x1 + dx:.1f} {y1 + dy:.1f}L{x2 - dx:.1f} {y2 - dy:.1f}" stroke="#5c6670" fill="none" '
        'marker-end="url(#tip)"/>'
    )


def _node(entry: Entry, x: float, y: float) -> str:
    if entry.kind == "person":
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="16" fill="#fff" stroke="#8a1c1c" stroke-width="2"/>'
    else:
        shape = (
            f'<rect x="{x - 16:.1f}" y="{y - 16:.1f}" width="32" height="32" fill="#fff" stroke="#1b1f24"/>'
        )
    below = y + (32 if y >= _SIZE / 2 else -24)
    order = (
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{entry.on_call}</text>'
        if entry.on_call
        else ""
    )
    return f'{shape}{order}<text x="{x:.1f}" y="{below:.1f}" text-anchor="middle">{escape(entry.name)}</text>'
