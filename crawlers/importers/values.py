"""Columns of nested rows: a path is walked once per batch and shared by every path that begins like it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import chain, compress, islice, repeat
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from crawlers.importers.shapes import Part, Row, Rows, Steps, attribute, nothing, steps_of

Values = list[Any]
Sizes = npt.NDArray[np.int32]
Lists = tuple[Values, Sizes]
"""What the lists of all rows hold, in a row, and how much of it is each row's."""
UNFILLED: tuple[Any, ...] = (None, "", "$undefined")
"""What stands for nothing in exports; Douyin's embedded pages write the last one."""
_NO_OBJECT: Row = {}
_LISTS = {list, type(None)}
MOST = 50
"""Of a list no more is read."""


class Reader(ABC):
    """The rows of one batch, read by path.

    A path is names joined by dots; ``name[]`` goes through a list, ``name[0]`` takes one of it. A plain column whose
    name holds a dot is found by its whole name. Whatever is not there is ``None``.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.made: dict[str, Values] = {}
        """Fields that the format itself read, by their names; they go before the mapping's paths."""
        self._none: Values = [None] * count

    @abstractmethod
    def column(self, path: str) -> Values:
        """Per row the value at ``path``."""

    @abstractmethod
    def may_hold(self, path: str) -> bool:
        """Whether any row has the object in which ``path`` ends."""

    @abstractmethod
    def listed(self, path: str) -> Lists | None:
        """What stands at ``path``, which goes through a list; ``None`` where that is no list, or a long one."""

    @abstractmethod
    def some(self, keep: npt.NDArray[np.bool_]) -> Reader:
        """The rows to keep, without what was made of them."""

    def kept(self, places: list[int]) -> Reader:
        """Some of the rows, in their order."""
        keep = np.zeros(self.count, bool)
        keep[places] = True
        reader = self.some(keep)
        reader.made = {name: list(compress(values, keep)) for name, values in self.made.items()}
        return reader

    def filled(self, paths: tuple[str, ...], unfilled: tuple[Any, ...] = UNFILLED) -> Values:
        """Per row the value of the first path that has one; ``unfilled`` are values that stand for none."""
        values = self.column(paths[0])
        for path in paths[1:]:
            if not self.may_hold(path):
                continue
            if values is self._none or values.count(None) == len(values):
                values = self.column(path)
            elif any(nothing in values for nothing in unfilled):
                pairs = zip(values, self.column(path), strict=True)
                values = [other if value in unfilled else value for value, other in pairs]
            else:
                break
        return values

    def lists(self, paths: tuple[str, ...]) -> Lists | None:
        """The lists at these paths, per row the first that is not empty; ``None`` where one is no list of objects."""
        found: Lists | None = None
        for path in paths:
            if not self.may_hold(path):
                continue
            other = self.listed(path) if "[]." in path else None
            if other is None:
                return None
            found = other if found is None else _first_filled(found, other)
        return found or ([], np.zeros(self.count, np.int32))


def flattened(values: Values, steps: Steps) -> Lists | None:
    """What the lists hold at ``steps``, in a row; ``None`` where something else stands there, or a long list."""
    if not set(map(type, values)) <= _LISTS:
        return None
    sizes = np.fromiter(map(len, [one or () for one in values]), np.int32, len(values))
    if sizes.max(initial=0) > MOST:
        return None
    return through(list(chain.from_iterable(filter(None, values))), steps), sizes


def _first_filled(one: Lists, other: Lists) -> Lists:
    """Per row the first list that is not empty."""
    (values, sizes), (others, other_sizes) = one, other
    lacking = (sizes == 0) & (other_sizes > 0)
    if not lacking.any():
        return one
    if len(values) == 0:
        return other
    starts = np.where(lacking, len(values) + np.cumsum(other_sizes) - other_sizes, np.cumsum(sizes) - sizes)
    taken = np.where(lacking, other_sizes, sizes)
    within = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
    both = values + others
    return [both[place] for place in (np.repeat(starts, taken) + within).tolist()], taken


class Walked(Reader):
    """Rows at hand: paths are walked when they are asked for."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(len(rows))
        self._rows = rows
        self._levels: dict[str, Rows] = {"": rows}

    def some(self, keep: npt.NDArray[np.bool_]) -> Reader:
        """The rows to keep."""
        return Walked(list(compress(self._rows, keep)))

    def may_hold(self, path: str) -> bool:
        """Whether any row has the object in which ``path`` ends."""
        head = path.partition("[")[0]
        return "." not in head or _has(self._rows[:1], head) or bool(self.objects(head.rpartition(".")[0]))

    def listed(self, path: str) -> Lists | None:
        """What stands at ``path``, which goes through a list; ``None`` where that is no list, or a long one."""
        head, _, tail = path.partition("[].")
        return flattened(self.column(head), steps_of(tail))

    def column(self, path: str) -> Values:
        """Per row the value at ``path``."""
        if "[" in path:
            head, mark, rest = path.partition("[")
            lists = self.column(head)
            steps = steps_of(f"{mark}{rest}")[1:]
            nothing = lists.count(None) == len(lists)
            return lists if nothing else through(lists, steps)
        if "." not in path or _has(self._rows[:1], path):
            return _picked(self._rows, path)
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
        return attribute(kind, name) is not None  # names with dots are decoded only where the file has some
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


def through(values: Values, steps: Steps) -> Values:
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


def _through_lists(lists: list[list[Any] | None], steps: Steps) -> Values:
    """The same for all that each list holds, one walk for all lists; of long ones the first fifty."""
    lists = [one[:MOST] if one and len(one) > MOST else one for one in lists]
    if not steps:
        return lists
    walked = iter(through(list(chain.from_iterable(filter(None, lists))), steps))
    return [list(islice(walked, len(one))) if one else one for one in lists]


def at(row: Any, path: str) -> Any:  # noqa: ANN401  JSON
    """The value at one path of one row."""
    return through([row], steps_of(path))[0]


def first(row: Any, *paths: str) -> Any:  # noqa: ANN401  JSON
    """The value of the first path that has one."""
    return next((value for path in paths if (value := at(row, path)) not in UNFILLED), None)
