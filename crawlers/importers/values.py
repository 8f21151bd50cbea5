"""Columns of nested rows: a path is walked once per batch and shared by every path that begins like it."""

from __future__ import annotations

from functools import cache
from itertools import repeat
from operator import itemgetter
from typing import Any

from crawlers.importers.rows import Row

Values = list[Any]
UNFILLED: tuple[Any, ...] = (None, "", "$undefined")
"""What stands for nothing in exports; Douyin's embedded pages write the last one."""
_NO_OBJECT: Row = {}
_OBJECTS = {dict}


class Reader:
    """The rows of one batch, read by path.

    A path is names joined by dots; ``name[]`` goes through a list, ``name[0]`` takes one of it. A plain column whose
    name holds a dot is found by its whole name. Whatever is not there is ``None``.
    """

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self._levels: dict[str, list[Row]] = {"": rows}

    def filled(self, paths: tuple[str, ...], unfilled: tuple[Any, ...] = UNFILLED) -> Values:
        """Per row the value of the first path that has one; ``unfilled`` are values that stand for none."""
        values = self.column(paths[0])
        for path in paths[1:]:
            if not any(nothing in values for nothing in unfilled):
                break
            others = self.column(path)
            if values.count(None) == len(values):
                values = others
            elif others.count(None) < len(others):
                pairs = zip(values, others, strict=True)
                values = [other if value in unfilled else value for value, other in pairs]
        return values

    def column(self, path: str) -> Values:
        """Per row the value at ``path``."""
        if "[" in path:
            head, mark, rest = path.partition("[")
            lists = self.column(head)
            steps = _steps(f"{mark}{rest}")[1:]
            nothing = lists.count(None) == len(lists)
            return lists if nothing else _through(lists, steps)
        if "." not in path or (self.rows and path in self.rows[0]):
            return _picked(self.rows, path)
        outer, _, last = path.rpartition(".")
        level = self._level(outer)
        return _picked(level, last) if level else [None] * len(self.rows)

    def _level(self, path: str) -> list[Row]:
        """The objects at ``path``, an empty one where there is none; no list at all where there is none anywhere."""
        known = self._levels.get(path)
        if known is None:
            outer, _, last = path.rpartition(".")
            found = _picked(self._level(outer), last)
            kinds = set(map(type, found))
            if dict not in kinds:
                found = []
            elif kinds != _OBJECTS:
                found = [value if type(value) is dict else _NO_OBJECT for value in found]
            known = self._levels[path] = found
        return known


def _picked(rows: list[Row], name: str) -> Values:
    try:
        return list(map(itemgetter(name), rows))
    except KeyError:
        return list(map(dict.get, rows, repeat(name)))


@cache
def _steps(path: str) -> list[str | int | None]:
    """Names, places in lists, and ``None`` for a whole list."""
    steps: list[str | int | None] = []
    for part in path.split("."):
        name, _, rest = part.partition("[")
        steps.append(name)
        if rest:
            inside = rest.rstrip("]")
            steps.append(int(inside) if inside else None)
    return steps


def _through(values: Values, steps: list[str | int | None]) -> Values:
    """Each value's own value at ``steps``; ``None`` where it has none."""
    for place, step in enumerate(steps):
        if isinstance(step, str):
            values = [one.get(step) if type(one) is dict else None for one in values]
        elif step is None:
            rest = steps[place + 1 :]
            return [_through(one[:50], rest) if type(one) is list else None for one in values]
        else:
            values = [one[step] if type(one) is list and len(one) > step else None for one in values]
    return values


def at(row: Any, path: str) -> Any:  # noqa: ANN401  JSON
    """The value at one path of one row."""
    return _through([row], _steps(path))[0]


def first(row: Any, *paths: str) -> Any:  # noqa: ANN401  JSON
    """The value of the first path that has one."""
    return next((value for path in paths if (value := at(row, path)) not in UNFILLED), None)
