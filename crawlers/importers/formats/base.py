"""What a known format is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row
from crawlers.importers.values import Reader, Values

CHINA = "Asia/Shanghai"
Whole = Callable[[int], Row]
"""A row of the batch with all that the file says of it: dear, for the few rows that need it."""


@dataclass(frozen=True, slots=True)
class Format:
    """A known kind of row: how to tell it and how to read it."""

    mapping: Mapping
    fits: Callable[[Row], bool]
    source: str
    """Default name of the source in the raw layer."""
    prepare: Callable[[Row], Row | str] | None = None
    """Puts a row into the mapping's form; a string says why the row is none of ours."""
    reads: tuple[str, ...] = ()
    """Paths that ``fields`` looks at besides the mapping's: the rest of a row need not be decoded."""
    fields: Callable[[Reader, Whole], dict[str, Values]] | None = None
    """Reads whole fields of a batch where paths cannot say how; a row whose id it leaves out is none of ours."""
    why: Callable[[Row], str | None] | None = None
    """Says more about a row that lacks its id or text."""
    of_file: Callable[[str], Row] | None = None
    """Cells that only the file's name (without its ending) tells; they are added to every row."""


def has(*names: str) -> Callable[[Row], bool]:
    """Fits rows that have all these names."""
    return lambda row: all(name in row for name in names)


def lacks(*names: str) -> Callable[[Row], bool]:
    """Fits rows that have none of these names."""
    return lambda row: not any(name in row for name in names)


def both(one: Callable[[Row], bool], other: Callable[[Row], bool]) -> Callable[[Row], bool]:
    """Fits rows that both fit."""
    return lambda row: one(row) and other(row)
