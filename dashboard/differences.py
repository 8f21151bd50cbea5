"""What changed between two wordings, character by character; a change of script alone is no change."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import pairwise

from pipeline.text.scripts import converter, traditional_only
from pipeline.text.sounds import cantonese, mandarin

_WORD = re.compile(r"[a-z]+|\d+|\s+|.", re.DOTALL)
_DIGITS = re.compile(r"\d+")
SHORTER, LONGER = 0.7, 1.4
"""A wording of less, or more, than this share of its model's length is called cut, or extended."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters: ``same``, ``added`` or ``missing`` against the base.

    ``text`` is as the other wording writes it; ``was`` is how the base writes a run that is the same.
    """

    kind: str
    text: str
    was: str = ""


@cache
def _to_one_script() -> dict[int, str]:
    """Each Traditional character with its Simplified form: one character for one, so that places stay."""
    traditional = traditional_only()
    simplified = converter("t2s").convert("\n".join(traditional)).split("\n")
    return {ord(t): s for t, s in zip(traditional, simplified, strict=True) if len(s) == 1}


def folded(text: str) -> str:
    """``text`` as it is compared: one script, one width, one case; as long as ``text``."""
    return "".join(map(_folded, text.translate(_to_one_script())))


@cache
def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).casefold()
    return plain if len(plain) == 1 else character


def difference(base: str, other: str) -> list[Piece]:
    """How ``other`` differs from ``base``; Latin words and numbers change whole. Texts are to be bounded: quadratic."""
    left, right = _WORD.findall(folded(base)), _WORD.findall(folded(other))
    a, b = _places(left), _places(right)
    pieces: list[Piece] = []
    for kind, i, j, k, m in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        gone, come = base[a[i] : a[j]], other[b[k] : b[m]]
        if kind == "equal":
            pieces.append(Piece("same", come, gone))
            continue
        pieces += [Piece("missing", gone)] if gone else []
        pieces += [Piece("added", come)] if come else []
    return pieces


def same_sounds(pieces: Sequence[Piece]) -> list[tuple[str, str]]:
    """Words of a difference that only sound alike, as (base, other): 医院 spelled 易苑 to pass a filter."""
    return [
        (gone.text[start:end], come.text[start:end])
        for gone, come in pairwise(pieces)
        if (gone.kind, come.kind) == ("missing", "added") and len(gone.text) == len(come.text)
        for start, end in _alike(folded(gone.text), folded(come.text))
    ]


def _alike(left: str, right: str) -> list[tuple[int, int]]:
    """Spans of two or more characters that differ and have the same syllables, in Mandarin or in Cantonese."""
    found: list[tuple[int, int]] = []
    for syllables in (mandarin(), cantonese()):
        said = zip(left, right, syllables.of(left), syllables.of(right), strict=True)
        marks = "".join("~" if one and one == other and a != b else "." for a, b, one, other in said)
        spans = [run.span() for run in re.finditer("~{2,}", marks)]
        found += [span for span in spans if all(span[1] <= start or span[0] >= end for start, end in found)]
    return sorted(found)


def _places(words: Sequence[str]) -> list[int]:
    """Where each word begins, and where the last ends."""
    places = [0]
    for word in words:
        places.append(places[-1] + len(word))
    return places


def likeness(left: frozenset[str], right: frozenset[str]) -> float:
    """Dice's share of common pairs of characters, 0 to 1."""
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0


def pairs_of(text: str) -> frozenset[str]:
    """What a wording is recognized by: pairs of neighboring Chinese characters, and whole Latin words and numbers."""
    words = [word for word in _WORD.findall(folded(text)) if not word.isspace()]
    han = [f"{left}{right}" for left, right in pairwise(words) if not (left + right).isascii()]
    return frozenset(han) | {word for word in words if word.isascii() and word.isalnum()}


def kinds_of_change(base: str, other: str, scripts: tuple[str | None, str | None]) -> tuple[str, ...]:
    """What happened to a wording in words: numbers, script, cut, extended, words; none when only looks changed."""
    left, right = folded(base), folded(other)
    found = []
    counts = set(_DIGITS.findall(left)), set(_DIGITS.findall(right))
    if all(counts) and counts[0] != counts[1]:  # 十一 and 11 are the same number in two notations
        found.append("numbers")
    if None not in scripts and scripts[0] != scripts[1]:
        found.append("script")
    share = len(right) / max(1, len(left))
    if share < SHORTER or share > LONGER:
        found.append("cut" if share < 1 else "extended")
    elif left != right and "numbers" not in found:
        found.append("words")
    return tuple(found)
