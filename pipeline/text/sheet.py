"""Sheets: many texts in one string, one per line, so that regular expressions and OpenCC run over all at once."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence

Step = Callable[[str], str]

LONGEST = 20_000
"""Characters of one text that are read for matching: beyond it a post is a document, or an attack."""

_BREAKS = re.compile(r"[\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")


def to_line(text: str | None) -> str:
    """Return ``text`` as one line: entities resolved, line breaks as spaces, lone surrogates gone, bounded."""
    if not text:
        return ""
    text = text[:LONGEST]
    if "&" in text:
        text = html.unescape(text)
    if text.isprintable():  # no breaks, controls or surrogates: nearly every text
        return text
    return _BREAKS.sub(" ", text.encode("utf-8", "ignore").decode("utf-8"))


def join(texts: Iterable[str | None]) -> str:
    """Return a sheet with one line per text."""
    return "\n".join(map(to_line, texts))


def split(sheet: str) -> list[str]:
    """Return the lines of a sheet, one per text that was joined."""
    return sheet.split("\n")


def run(steps: Sequence[Step], sheet: str) -> str:
    """Return the sheet after all ``steps`` in order."""
    for step in steps:
        sheet = step(sheet)
    return sheet
