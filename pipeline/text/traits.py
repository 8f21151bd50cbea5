"""Traits of lines: which steps could change a line at all, told from its characters before any step is tried.

A trait may be seen where its step then changes nothing, and never the other way round: a step left out is a step
that would have returned the same line. That makes normalizing several times faster and alters no byte of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import IntFlag
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.text import characters, numbers, scripts, spellings

Codes = NDArray[np.uint32]


class Trait(IntFlag):
    """What a line holds. Those of characters come first, those of neighbors after ``PAIRS``."""

    NONE = 0
    TANGLED = 1 << 0  # marks or sigmas: composing looks at neighbors
    COMPOSES = 1 << 1  # a character with another compatibility or lower-case form
    INVISIBLE = 1 << 2
    MARKUP = 1 << 3  # a character without which no platform noise is found
    TAG = 1 << 4
    EMOJI = 1 << 5
    CANTONESE = 1 << 6
    INSERTED = 1 << 7
    PUNCTUATION = 1 << 8
    SCRIPT = 1 << 9
    BLANK = 1 << 10  # a space that is no plain space
    HAN = 1 << 11
    LATIN = 1 << 12
    LETTER = 1 << 13
    TRADITIONAL = 1 << 14
    SIMPLIFIED = 1 << 15
    _NUMERAL = 1 << 16
    _AFTER_NUMERAL = 1 << 17
    _DIGIT = 1 << 18
    _AFTER_DIGIT = 1 << 19
    _SPELLED_FIRST = 1 << 20
    _SPELLED_SECOND = 1 << 21
    ANY = 1 << 22  # set for every character whose traits are known
    NUMBER = 1 << 23
    _STRETCHES = 1 << 28
    SPELLED = 1 << 24
    STRETCHED = 1 << 25
    SPACED = 1 << 26  # single characters with spaces between them
    UNTIDY = 1 << 27  # two spaces, or one at an end


_MARKUP = frozenset("<@[(:/.转轉频頻展收链鏈图圖拍vwr")
_INSERTED = frozenset("*·・•_~^")
_SPACE, _BREAK, _ZERO = ord(" "), ord("\n"), ord("0")
_table: NDArray[np.uint32] = np.zeros(0x110000, np.uint32)


def line_traits(lines: Sequence[str]) -> NDArray[np.uint32]:
    """Return the traits of each line, as bits of ``Trait``."""
    if not lines:
        return np.zeros(0, np.uint32)
    codes, starts = codes_of(lines)
    bits = character_traits(codes)
    _mark_pairs(codes, bits)
    traits: NDArray[np.uint32] = np.bitwise_or.reduceat(bits, starts)
    _add(traits, _have(traits, Trait.LATIN) & _have(traits, Trait._DIGIT), Trait.NUMBER)  # 13 mar, 5 km
    return traits


def codes_of(lines: Sequence[str]) -> tuple[Codes, NDArray[np.int64]]:
    """Return the code points of all lines, each closed by a line feed, and where each line starts."""
    codes = np.frombuffer(("\n".join(lines) + "\n").encode("utf-32-le"), np.uint32)
    lengths = np.fromiter(map(len, lines), np.int64, len(lines)) + 1
    return codes, np.cumsum(lengths) - lengths


def character_traits(codes: Codes) -> NDArray[np.uint32]:
    """Return the traits of each character by itself."""
    bits = _table[codes]
    fresh = np.unique(codes[bits == 0])
    if fresh.size:
        _table[fresh] = [_traits_of(chr(code)) for code in fresh]
        bits = _table[codes]
    return bits


def _mark_pairs(codes: Codes, bits: NDArray[np.uint32]) -> None:
    """Add to ``bits`` what only neighbors show."""
    spaces, breaks, han = codes == _SPACE, codes == _BREAK, _have(bits, Trait.HAN)
    digits = _have(bits, Trait._DIGIT)
    leading = (codes[:-1] == _ZERO) & digits[1:]
    leading[1:] &= ~digits[:-2]
    number = leading | (digits[:-1] & _have(bits[1:], Trait._AFTER_DIGIT))
    number |= _have(bits[:-1], Trait._NUMERAL) & _have(bits[1:], Trait._AFTER_NUMERAL)
    spelled = _have(bits[:-1], Trait._SPELLED_FIRST) & _have(bits[1:], Trait._SPELLED_SECOND)
    stretched = (codes[2:] == codes[1:-1]) & (codes[1:-1] == codes[:-2]) & _have(bits[2:], Trait._STRETCHES)
    _add(bits[:-1], number, Trait.NUMBER)
    _add(bits[:-1], spelled, Trait.SPELLED)
    _add(bits[2:], stretched, Trait.STRETCHED)
    _add(bits[:-1], spaces[:-1] & (spaces[1:] | breaks[1:]), Trait.UNTIDY)
    _add(bits[1:], spaces[1:] & breaks[:-1], Trait.UNTIDY)
    _add(bits[:1], spaces[:1], Trait.UNTIDY)
    _add(bits[3:], han[:-3] & spaces[1:-2] & han[2:-1] & spaces[3:], Trait.SPACED)


def _have(bits: NDArray[np.uint32], trait: Trait) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (bits & np.uint32(trait)) != 0
    return found


def _add(bits: NDArray[np.uint32], where: NDArray[np.bool_], trait: Trait) -> None:
    bits |= where * np.uint32(trait)


def _traits_of(char: str) -> int:
    """Return the traits of one character; asked once for each."""
    if char == "\n":
        return int(Trait.ANY)
    found = Trait.ANY | _shape(char) | _script(char)
    for trait, chars in _members().items():
        if char in chars:
            found |= trait
    if char.isdecimal():
        found |= Trait._DIGIT
    elif char.isalnum() or char == "_":
        found |= Trait._STRETCHES
    if not (char.isalnum() or char in " ?") or char == "_":
        found |= Trait.PUNCTUATION
    if char.isspace() and char != " ":
        found |= Trait.BLANK
    return int(found)


def _shape(char: str) -> Trait:
    """Return how composing and hiding treat the character."""
    composed = characters.compose(char)
    found = Trait.COMPOSES if composed != char else Trait(0)
    if "Σ" in unicodedata.normalize("NFKC", char) or not all(map(_stands_alone, char + composed)):
        found |= Trait.TANGLED
    if characters.is_invisible(char):
        found |= Trait.INVISIBLE
    return found


def _stands_alone(char: str) -> bool:
    """Say whether the character never composes with the one before it."""
    code = ord(char)
    is_jamo = 0x1100 <= code <= 0x11FF
    is_rare_letter = code >= 0x10000 and not 0x20000 <= code < 0x40000 and char.isalpha()
    return not (is_jamo or is_rare_letter or unicodedata.category(char).startswith("M"))


def _script(char: str) -> Trait:
    found = Trait(0)
    if "\u3400" <= char <= "\u9fff":
        found |= Trait.HAN
    if char.isascii() and char.isalpha():
        found |= Trait.LATIN
    if unicodedata.category(char).startswith("L"):
        found |= Trait.LETTER
    if char in scripts.PHRASED or scripts.converter("t2s").convert(char) != char:
        found |= Trait.SCRIPT
    return found


@cache
def _members() -> dict[Trait, frozenset[str]]:
    """Return the characters of each trait that is a plain set."""
    first, second = spellings.openings()
    return {
        Trait.MARKUP: _MARKUP,
        Trait.TAG: frozenset("#"),
        Trait.EMOJI: frozenset(emoji[0] for emoji in spellings.emoji()),
        Trait.CANTONESE: frozenset(spellings.CANTONESE_CHARACTERS),
        Trait.INSERTED: _INSERTED,
        Trait.TRADITIONAL: frozenset(scripts.traditional_only()),
        Trait.SIMPLIFIED: frozenset(scripts.simplified_only()),
        Trait._NUMERAL: frozenset(numbers.NUMERALS),
        Trait._AFTER_NUMERAL: frozenset(numbers.AFTER_NUMERAL),
        Trait._AFTER_DIGIT: frozenset(",-/.:万萬亿億千仟百佰号號时時"),
        Trait.NUMBER: frozenset("$¥廿卅卌"),
        Trait._SPELLED_FIRST: first,
        Trait._SPELLED_SECOND: second,
    }
