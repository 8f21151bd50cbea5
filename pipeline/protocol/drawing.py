"""Who would call whom, drawn: people as circles, organizations as boxes, an arrow for each call."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import networkx as nx

from pipeline.escape import for_terminal
from pipeline.protocol.directory import Entry

_WIDE, _HIGH, _SIDE, _TOP = 960, 620, 100, 56
_ROOM, _ROOM_BELOW, _STEEP = 24, 42, 0.4
"""From the middle of a node to where its arrows begin."""
_NEAR_X, _NEAR_Y, _ROUNDS = 150.0, 64.0, 80
"""Nodes nearer than this hide each other's names: they are pushed apart."""
_NAME_CHARS = 14.0
_SEED = 7
_STYLE = (
    ".ground{fill:#fbfaf7}text{fill:#1f1e1b;paint-order:stroke;stroke:#fbfaf7;stroke-width:3px}.tip{fill:#655f55}"
    ".call{stroke:#655f55}.person{fill:#e2efee;stroke:#0b6b70;stroke-width:2}"
    ".organization{fill:#f4f2ed;stroke:#1f1e1b}"
    "@media(prefers-color-scheme:dark){.ground{fill:#14171a}text{fill:#e5e2dc;stroke:#14171a}.tip{fill:#a49e93}"
    ".call{stroke:#a49e93}.person{fill:#17302f;stroke:#56b7b2}.organization{fill:#1a1e22;stroke:#e5e2dc}}"
)
"""The desk's colors, its ground too, so that it can be read wherever it is shown. Letters have a rim: arrows below do
not cross them out."""

Places = dict[str, tuple[float, float]]


def drawn(entries: Sequence[Entry], label: str) -> str:
    """The map as SVG of about 960 by 620; same entries, same picture. Text is escaped; light and dark."""
    places = laid_out(entries)
    arrows = [_arrow(places[e.id], places[c]) for e in entries for c in e.calls if c != e.id and c in places]
    nodes = [_node(e, *places[e.id]) for e in entries]
    head = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" class="tip"></path></marker></defs>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" role="img" '
        f'aria-label="{_text(label)}" font-family="Noto Sans CJK SC, sans-serif" font-size="13">'
        f'<style>{_STYLE}</style>{head}<rect class="ground" width="{_WIDE}" height="{_HIGH}"></rect>'
        f"{''.join(arrows)}{''.join(nodes)}</svg>"
    )


def laid_out(entries: Sequence[Entry]) -> Places:
    """A place for each entry: who call each other lie near (Fruchterman and Reingold's springs), none on another."""
    graph: nx.Graph = nx.Graph()
    known = sorted(entry.id for entry in entries)
    graph.add_nodes_from(known)
    graph.add_edges_from((e.id, c) for e in entries for c in e.calls if c != e.id and c in graph)
    if not known:
        return {}
    spread = 2.2 / math.sqrt(len(known))
    found: Mapping[str, Sequence[float]] = nx.spring_layout(graph, k=spread, iterations=150, seed=_SEED)
    return _apart(_in_box(found))


def _in_box(found: Mapping[str, Sequence[float]]) -> Places:
    left, low = (min(float(at[axis]) for at in found.values()) for axis in (0, 1))
    across, down = (max(float(at[axis]) for at in found.values()) for axis in (0, 1))
    wide, high = (across - left) or 1.0, (down - low) or 1.0
    return {
        name: (
            _SIDE + (float(at[0]) - left) / wide * (_WIDE - 2 * _SIDE),
            _TOP + (float(at[1]) - low) / high * (_HIGH - 2 * _TOP),
        )
        for name, at in found.items()
    }


def _apart(places: Places) -> Places:
    """Push nodes whose names would cover each other apart, as far as the box has room."""
    names = sorted(places)
    for _ in range(_ROUNDS):
        moved = False
        for place, one in enumerate(names):
            for other in names[place + 1 :]:
                (x1, y1), (x2, y2) = places[one], places[other]
                if abs(x1 - x2) >= _NEAR_X or abs(y1 - y2) >= _NEAR_Y:
                    continue
                moved = True
                push = (_NEAR_Y - abs(y1 - y2)) / 2 + 1
                up = push if y1 > y2 or (y1 == y2 and one > other) else -push
                places[one], places[other] = (x1, _inside(y1 + up)), (x2, _inside(y2 - up))
        if not moved:
            break
    return places


def _inside(y: float) -> float:
    return min(max(y, _TOP - 24), _HIGH - _TOP + 10)


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """From the rim of one node to the rim of the other."""
    (x1, y1), (x2, y2) = start, end
    long = math.hypot(x2 - x1, y2 - y1) or 1.0
    dx, dy = (x2 - x1) / long, (y2 - y1) / long
    leaving, coming = _room(dy), _room(-dy)
    return (
        f'<path d="M{x1 + dx * leaving:.1f} {y1 + dy * leaving:.1f}'
        f'L{x2 - dx * coming:.1f} {y2 - dy * coming:.1f}" fill="none" '
        'class="call" marker-end="url(#tip)"></path>'
    )


def _room(down: float) -> float:
    """How far from a node's middle an arrow stays: below it stands the name."""
    return _ROOM_BELOW if down > _STEEP else _ROOM


def _node(entry: Entry, x: float, y: float) -> str:
    if entry.kind == "person":
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="15" class="person"></circle>'
    else:
        shape = f'<rect x="{x - 15:.1f}" y="{y - 15:.1f}" width="30" height="30" class="organization"></rect>'
    order = _words(str(entry.on_call), x, y + 5) if entry.on_call else ""
    return f"<g><title>{_text(entry.name)}</title>{shape}{order}{_words(_short(entry.name), x, y + 31)}</g>"


def _words(text: str, x: float, y: float) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{_text(text)}</text>'


def _short(name: str) -> str:
    """As much of a name as has room: a Chinese character is as wide as two Latin letters."""
    room, shown = _NAME_CHARS, ""
    for letter in name:
        room -= 1.0 if ord(letter) > 0x2E7F else 0.55
        if room < 0:
            return f"{shown.rstrip()}…"
        shown += letter
    return shown


def _text(text: str) -> str:
    """Escaped, without the two characters that XML does not know: one of them would take the whole picture away."""
    return escape(for_terminal(text).translate({0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}))
