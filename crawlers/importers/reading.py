"""What a plan for a file is: what a person says about it, and how it will be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from crawlers.importers.columns import Stamp
from crawlers.importers.mapping import Mapping
from crawlers.importers.rows import Problem
from crawlers.importers.streams import Source, open_source


@dataclass(frozen=True, slots=True)
class Options:
    """What a person says about a file; everything else is found out."""

    source: str | None = None
    columns: dict[str, tuple[str, ...]] | None = None
    mapping: Mapping | None = None
    platform: str | None = None
    timezone: str | None = None
    encoding: str | None = None
    again: bool = False


class Parts(Protocol):
    """A file as tables of the raw layer."""

    def tables(self, source: Source) -> Iterator[tuple[pa.Table, list[Problem]]]:
        """Tables, each with what could not be used on the way to it."""
        ...

    def counted(self) -> dict[str, Any]:
        """What was counted, for the manifest."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file will be read."""

    path: Path
    kind: str
    """``jsonl``, ``json``, ``table`` or ``archive``."""
    name: str
    """Of the format or mapping."""
    source: str
    parts: Callable[[Stamp], Parts]
    mapping: Mapping | None = None
    recognized: bool = False
    """Whether the file itself said what it is; otherwise the columns were named or guessed."""
    opened: Callable[[Path], Source] = open_source
