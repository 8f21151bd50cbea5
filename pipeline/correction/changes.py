"""What one version of a draft changed against another, character by character."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipeline.correction.document import Document, Part


@dataclass(frozen=True, slots=True)
class Change:
    """One text that differs. ``pieces``: (kept, gone or come, words)."""

    part: Part
    language: str
    pieces: tuple[tuple[str, str], ...]


def changes(before: Document | None, after: Document) -> list[Change]:
    """Return the texts of ``after`` that differ from ``before``, and those that are gone, in the order of the lines."""
    old = {line.line_id: line for line in before.lines} if before else {}
    found: list[Change] = []
    for line in after.lines:
        was = old.pop(line.line_id, None)
        for language in after.languages:
            left = was.texts.get(language, "") if was else ""
            right = line.texts.get(language, "")
            if left != right:
                found.append(Change(line.part, language, tuple(_pieces(left, right))))
    for line in old.values():
        found += [
            Change(line.part, language, (("gone", text),)) for language, text in line.texts.items() if text
        ]
    return found


def _pieces(left: str, right: str) -> Iterator[tuple[str, str]]:
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "kept", left[a:b]
            continue
        if b > a:
            yield "gone", left[a:b]
        if d > c:
            yield "come", right[c:d]
