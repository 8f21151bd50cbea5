"""Rejected rows as they are kept: what was said and why it was refused, not who said it."""

from __future__ import annotations

import re
from typing import Any

SHOWN = 2_000
_PEOPLE = re.compile(
    r"(?i)^(?:author|user|nick|screen_?name|uid|sec_?uid|unique_?id|creator_?hash|from|from_id|full_?name|name|"
    r"owner|influencer|account|page name|group name|signature|avatar|email|phone|"
    r"作者|用户|用戶|昵称|暱稱|博主|发布者|@用户|源用户)"
)
_MOST_NODES = 400


def shown_row(row: dict[str, Any]) -> str:
    """A row for the rejects file: cells that name people are blotted, long ones and large rows cut."""
    left = [_MOST_NODES]
    return _shown(row, left, 0)[:SHOWN].encode("utf-8", "backslashreplace").decode()


def _shown(value: Any, left: list[int], depth: int) -> str:  # noqa: ANN401  JSON
    left[0] -= 1
    if left[0] < 0 or depth > 12:
        return "…"
    if isinstance(value, dict):
        cells = (f"{key!r}: {_cell(key, one, left, depth)}" for key, one in list(value.items())[:200])
        return "{" + ", ".join(cells) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(one, left, depth + 1) for one in value[:20]) + "]"
    return repr(value[:SHOWN] if isinstance(value, str) else value)


def _cell(key: object, value: Any, left: list[int], depth: int) -> str:  # noqa: ANN401  JSON
    if _PEOPLE.match(str(key)) and not isinstance(value, dict | list):
        return "…" if value not in (None, "") else repr(value)
    return _shown(value, left, depth + 1)


def shown_cells(header: list[str], cells: list[str]) -> str:
    """A table row that does not fit its header, for the rejects file."""
    named = dict(zip(header, cells, strict=False))
    rest = "\t".join(cells[len(header) :])
    return (shown_row(named) + (" + " + rest if rest else ""))[:SHOWN]
