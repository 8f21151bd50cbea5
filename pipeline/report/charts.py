"""Charts as SVG in black and gray: they load nothing and stand in print. Words in them are escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

WIDTH = 640
MOST_BARS = 12
_FONT = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
_INK, _SOFT, _PALE = "#1b1f24", "#5c6670", "#c3cad1"


def _svg(height: int, label: str, body: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(label)}" font-family="{_FONT}" font-size="12" fill="{_INK}">'
        f"{''.join(body)}</svg>"
    )


def _text(x: float, y: float, words: str, anchor: str = "start", fill: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'


def _box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height:.1f}" fill="{fill}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, width: float = 1.0) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{_INK}" stroke-width="{width}"/>'


def bars(rows: Sequence[tuple[str, int]], label: str) -> str:
    """Horizontal bars, the longest first as given; more than ``MOST_BARS`` are left to the table."""
    shown = rows[:MOST_BARS]
    most = max((number for _, number in shown), default=0) or 1
    body = []
    for place, (name, number) in enumerate(shown):
        y = place * 22
        body.append(_text(122, y + 15, name, "end"))
        body.append(_box(130, y + 4, number / most * 430, 14, _SOFT))
        body.append(_text(136 + number / most * 430, y + 15, f"{number:,}"))
    return _svg(max(22 * len(shown), 22), label, body)


def timeline(hours: Sequence[dict[str, Any]], label: str) -> str:
    """Posts per hour with those that ask in dark, and a line for each hour in which a correction went out."""
    summed = _summed(hours)
    if not summed:
        return ""
    first, last = min(summed), max(summed)
    span = int((last - first) / timedelta(hours=1)) + 1
    most = max(posts for posts, _, _ in summed.values()) or 1
    step, height = (WIDTH - 40) / span, 150
    body = [
        _line(40, height, WIDTH, height),
        _text(34, 16, f"{most:,}", "end", _SOFT),
        _text(34, height, "0", "end", _SOFT),
    ]
    for hour, (posts, asking, released) in sorted(summed.items()):
        x = 40 + int((hour - first) / timedelta(hours=1)) * step
        tall, dark = posts / most * (height - 10), asking / most * (height - 10)
        body.append(_box(x, height - tall, step * 0.85, tall, _PALE))
        if asking:
            body.append(_box(x, height - dark, step * 0.85, dark, _SOFT))
        if released:
            body.append(_line(x, 4, x, height, 1.6))
    body.append(_text(40, height + 18, f"{first:%Y-%m-%d %H:%M}Z", "start", _SOFT))
    body.append(_text(WIDTH, height + 18, f"{last:%Y-%m-%d %H:%M}Z", "end", _SOFT))
    return _svg(height + 26, label, body)


def _summed(hours: Sequence[dict[str, Any]]) -> dict[datetime, tuple[int, int, int]]:
    """Hours of several incidents together."""
    found: dict[datetime, tuple[int, int, int]] = {}
    for row in hours:
        posts, asking, released = found.get(row["hour"], (0, 0, 0))
        found[row["hour"]] = (posts + row["posts"], asking + row["enquiries"], released + row["released"])
    return found


def around(rows: Sequence[tuple[int, float, float]], names: tuple[str, str], label: str) -> str:
    """Two lines of means per hour: ours solid, those held against them dashed; the upright line is the correction."""
    most = max(max(own, other) for _, own, other in rows) or 1.0
    first, step, height = rows[0][0], (WIDTH - 220) / len(rows), 130
    zero = 50 - first * step

    def path(values: Sequence[float], style: str) -> str:
        placed = [
            (50 + (at + 0.5) * step, height - value / most * (height - 16)) for at, value in enumerate(values)
        ]
        return f'<path d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in placed)}" fill="none" {style}/>'

    styles = (
        f'stroke="{_INK}" stroke-width="2.4"',
        f'stroke="{_SOFT}" stroke-width="1.6" stroke-dasharray="6 4"',
    )
    body = [
        _line(50, height, WIDTH - 170, height),
        _line(zero, 4, zero, height, 1.6),
        _text(44, 20, f"{most:.1f}", "end", _SOFT),
        _text(44, height, "0", "end", _SOFT),
        *(
            _text(50 + (at - first) * step, height + 18, f"{at:+d} h", "middle", _SOFT)
            for at in (first, -first)
        ),
    ]
    for place, (name, style) in enumerate(zip(names, styles, strict=True)):
        body.append(path([row[1 + place] for row in rows], style))
        y = 24 + place * 22
        body.append(f'<path d="M{WIDTH - 160} {y - 4}h26" {style}/>')
        body.append(_text(WIDTH - 128, y, name))
    return _svg(height + 26, label, body)


def intervals(rows: Sequence[tuple[str, float, float, float]], label: str) -> str:
    """Shares from 0 to 1 as dots on their intervals: name, value, low, high."""
    body = []
    for place, (name, value, low, high) in enumerate(rows):
        y = place * 28 + 16
        body.append(_text(252, y + 4, name, "end"))
        body.append(f'<path d="M260 {y}L620 {y}" stroke="{_PALE}"/>')
        body.append(_line(260 + low * 360, y, 260 + high * 360, y, 3))
        body.append(f'<circle cx="{260 + value * 360:.1f}" cy="{y}" r="6" fill="{_INK}"/>')
    height = 28 * len(rows)
    body += [_text(260 + share * 360, height + 16, f"{share:.0%}", "middle", _SOFT) for share in (0, 0.5, 1)]
    return _svg(height + 22, label, body)
