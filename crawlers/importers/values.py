"""Columns of nested rows: a path is walked once per batch and shared by every path that begins like it."""

from __future__ import annotations

from functools import cache
from itertools import chain, islice, repeat
from operator import attrgetter, itemgetter
from typing import Any

from crawlers.importers.rows import Row, Rows
from crawlers.importers.shapes import Part, attribute, nothing

Values = list[Any]
UNFILLED: tuple[Any, ...] = (None, "", "$undefined")
"""What stands for nothing in exports; Douyin's embedded pages write the last one."""
_NO_OBJECT: Row = {}
MOST = 50
"""Of a list no more is read."""


class Reader:
    """The rows of one batch, read by path.

    A path is names joined by dots; ``name[]`` goes through a list, ``name[0]`` takes one of it. A plain column whose
    name holds a dot is found by its whole name. Whatever is not there is ``None``.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.made: dict[str, Values] = {}
        """Fields that the format itself read, by their names; they go before the mapping's paths."""
        self._levels: dict[str, Rows] = {"": rows}
        self._none: Values = [None] * len(rows)

    def filled(self, paths: tuple[str, ...], unfilled: tuple[Any, ...] = UNFILLED) -> Values:
        """Per row the value of the first path that has one; ``unfilled`` are values that stand for none."""
        values = self.column(paths[0])
        for path in paths[1:]:
            if not self._may_hold(path):
                continue
            if values is self._none or values.count(None) == len(values):
                values = self.column(path)
            elif any(nothing in values for nothing in unfilled):
                pairs = zip(values, self.column(path), strict=True)
                values = [other if value in unfilled else value for value, other in pairs]
            else:
                break
        return values

    def _may_hold(self, path: str) -> bool:
        """Whether any row has the object in which ``path`` ends."""
        head = path.partition("[")[0]
        return "." not in head or _has(self.rows[:1], head) or bool(self.objects(head.rpartition(".")[0]))

    def lists(self, paths: tuple[str, ...]) -> tuple[Values, list[int]] | None:
        """What the lists of all rows hold, in a row, with how much each row has; the first list that is not empty.

        ``None`` where the paths are no lists of like objects, or a row has no list there, or one that is too long.
        """
        parts = [path.partition("[].") for path in paths]
        if len({tail for _, _, tail in parts}) > 1 or not parts[0][2]:
            return None
        found = self.column(parts[0][0])
        for path in (head for head, _, _ in parts[1:] if self._may_hold(head)):
            found = [one or other for one, other in zip(found, self.column(path), strict=True)]
        sizes = [len(one) if type(one) is list else -bool(one) for one in found]
        if min(sizes, default=0) < 0 or max(sizes, default=0) > MOST:
            return None
        return _through(list(chain.from_iterable(filter(None, found))), _steps(parts[0][2])), sizes

    def column(self, path: str) -> Values:
        """Per row the value at ``path``."""
        if "[" in path:
            head, mark, rest = path.partition("[")
            lists = self.column(head)
            steps = _steps(f"{mark}{rest}")[1:]
            nothing = lists.count(None) == len(lists)
            return lists if nothing else _through(lists, steps)
        if "." not in path or _has(self.rows[:1], path):
            return _picked(self.rows, path)
        outer, _, last = path.rpartition(".")
        level = self.objects(outer)
        return _picked(level, last) if level else self._none

    def objects(self, path: str) -> Rows:
        """The objects at ``path``, an empty one where there is none; no list at all where there is none anywhere."""
        known = self._levels.get(path)
        if known is None:
            outer, _, last = path.rpartition(".")
            known = self._levels[path] = _objects(_picked(self.objects(outer), last))
        return known


def _objects(values: Values) -> Rows:
    kinds = set(map(type, values))
    part = next((kind for kind in kinds if issubclass(kind, Part)), None)
    if part is None and dict not in kinds:
        return []
    if len(kinds) == 1:
        return values
    empty = nothing(part) if part else _NO_OBJECT
    return [value if type(value) is (part or dict) else empty for value in values]


def _has(first: Rows, name: str) -> bool:
    """Whether the first row has a plain column of this name."""
    for row in first:
        if isinstance(row, dict):
            return name in row
        kind: type[Part] = type(row)
        known = attribute(kind, name)
        return known is not None and getattr(row, known) is not None
    return False


def _picked(rows: Rows, name: str) -> Values:
    """What stands at a name in each of rows of one kind."""
    if not rows:
        return []
    if isinstance(rows[0], Part):
        known = attribute(type(rows[0]), name)
        return list(map(attrgetter(known), rows)) if known else [None] * len(rows)
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
            objects = _objects(values)
            values = _picked(objects, step) if objects else [None] * len(values)
        elif step is None:
            lists = [one if type(one) is list else None for one in values]
            return _through_lists(lists, steps[place + 1 :])
        else:
            values = [one[step] if type(one) is list and len(one) > step else None for one in values]
    return values


def _through_lists(lists: list[list[Any] | None], steps: list[str | int | None]) -> Values:
    """The same for all that each list holds, one walk for all lists; of long ones the first fifty."""
    lists = [one[:MOST] if one and len(one) > MOST else one for one in lists]
    if not steps:
        return lists
    walked = iter(_through(list(chain.from_iterable(filter(None, lists))), steps))
    return [list(islice(walked, len(one))) if one else one for one in lists]


def at(row: Any, path: str) -> Any:  # noqa: ANN401  JSON
    """The value at one path of one row."""
    return _through([row], _steps(path))[0]


def first(row: Any, *paths: str) -> Any:  # noqa: ANN401  JSON
    """The value of the first path that has one."""
    return next((value for path in paths if (value := at(row, path)) not in UNFILLED), None)
