"""The wordings of a claim, with what changed between them marked character by character."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.rows import Variant
from dashboard.times import Clock


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters: ``same``, ``added`` or ``missing`` against the base."""

    kind: str
    text: str


def difference(base: str, other: str) -> list[Piece]:
    """How ``other`` differs from ``base``; both are bounded by the query, for the comparison is quadratic."""
    pieces: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, base, other, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", other[c:d]))
            continue
        pieces += [Piece("missing", base[a:b])] if b > a else []
        pieces += [Piece("added", other[c:d])] if d > c else []
    return pieces


def variants(desk: Desk, clock: Clock, found: Sequence[Variant]) -> None:
    """The list of wordings, the most frequent first."""
    base = found[0].match_text if found else ""
    told = [(v, difference(base, v.match_text) if number else None) for number, v in enumerate(found)]
    show("variants", words=desk.words, clock=clock, variants=told)
