"""What one variant of a claim says otherwise than another, character by character, whatever the script."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from pipeline.text.scripts import converter

LONGEST = 1_000
"""Characters of each text that are compared: the work grows with the square, and posts are written by strangers."""
_FIRST_CJK, _LAST_CJK = 0x3400, 0x9FFF
_SHORTEST_SAME = 2
"""A single character in common between two changes is chance, not agreement."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One stretch of two texts: ``same`` in both (up to script, width and case), ``changed``, ``added`` or ``dropped``.

    The stretches of a comparison in order give back both texts, verbatim.
    """

    kind: Literal["same", "changed", "added", "dropped"]
    left: str
    right: str


def differences(left: str, right: str) -> list[Difference]:
    """Return how ``right`` differs from ``left``, in order; beyond ``LONGEST`` characters the rest is one stretch."""
    one, other = left[:LONGEST], right[:LONGEST]
    matcher = SequenceMatcher(None, _plain(one), _plain(other), autojunk=False)
    found: list[Difference] = []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        found.append(_stretch(kind == "equal", one[start:end], other[other_start:other_end]))
    if left[LONGEST:] or right[LONGEST:]:
        found.append(_stretch(left[LONGEST:] == right[LONGEST:], left[LONGEST:], right[LONGEST:]))
    return _without_chance(found)


def _stretch(same: bool, left: str, right: str) -> Difference:
    if same:
        return Difference("same", left, right)
    if left and right:
        return Difference("changed", left, right)
    return Difference("dropped", left, right) if left else Difference("added", left, right)


def _without_chance(found: list[Difference]) -> list[Difference]:
    """Join changes that are parted only by a character or so."""
    joined: list[Difference] = []
    for index, one in enumerate(found):
        inside = 0 < index < len(found) - 1
        chance = one.kind == "same" and inside and len(one.left) < _SHORTEST_SAME
        if joined and joined[-1].kind != "same" and (chance or one.kind != "same"):
            last = joined.pop()
            joined.append(_stretch(False, last.left + one.left, last.right + one.right))
        else:
            joined.append(one)
    return joined


def _plain(text: str) -> str:
    """Return one character for each: simplified, half-width, lower case."""
    return "".join(map(_plain_character, text))


@lru_cache(maxsize=50_000)
def _plain_character(character: str) -> str:
    code = ord(character)
    if _FIRST_CJK <= code <= _LAST_CJK:
        simplified: str = converter("t2s").convert(character)
        return simplified if len(simplified) == 1 else character
    if 0xFF01 <= code <= 0xFF5E:
        character = chr(code - 0xFEE0)
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


__all__ = ["LONGEST", "Difference", "differences"]
