"""Formats that are recognized from the file itself, by the names that their rows carry."""

from __future__ import annotations

from collections.abc import Iterable

from crawlers.importers.formats import (
    ced,
    crowdtangle,
    fourcat,
    junkipedia,
    listening,
    mediacrawler,
    telegram,
    weibo,
    youtube,
    zeeschuimer,
)
from crawlers.importers.formats.base import Format
from crawlers.importers.shapes import Row
from pipeline.errors import UsageError

FORMATS: tuple[Format, ...] = (
    *ced.FORMATS,
    *zeeschuimer.FORMATS,
    *telegram.FORMATS,
    *weibo.FORMATS,
    *mediacrawler.FORMATS,
    *listening.FORMATS,
    *crowdtangle.FORMATS,
    *junkipedia.FORMATS,
    *youtube.FORMATS,
    *fourcat.FORMATS,
)
"""The more particular ones first: many files have a column called id."""


def recognize(row: Row) -> Format | None:
    """The format of a row, ``None`` for a plain table. Raises ``UsageError`` for a known tool's unknown module."""
    found = next((one for one in FORMATS if one.fits(row)), None)
    if found is None and zeeschuimer.is_row(row):
        raise UsageError(
            f"a Zeeschuimer export of {row.get('source_platform')!r}, which is not read yet; "
            "name its columns: --map id=data.… --map text=data.…"
        )
    return found


def recognize_any(rows: Iterable[Row]) -> Format | None:
    """The format of the first row that has one: exports may begin with an odd row."""
    return next((one for row in rows if (one := recognize(row)) is not None), None)
