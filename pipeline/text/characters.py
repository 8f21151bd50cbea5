"""Characters that look or count as others: full-width forms, invisible marks, accents, elongation."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cn", "Me"})
_KEPT_CONTROLS = frozenset({"\n", "\t"})
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")


def compose(sheet: str) -> str:
    """Return the sheet in NFKC and lower case: full-width, circled and compatibility forms become plain ones."""
    folded = unicodedata.normalize("NFKC", sheet).lower()
    return unicodedata.normalize("NFKC", folded)


def drop_invisible(sheet: str) -> str:
    """Remove zero-width, bidi, control, private-use and combining marks: they hide words from a search."""
    return _invisible().sub("", sheet)


def shorten_stretches(sheet: str) -> str:
    """Cut a letter that is repeated three times or more to two: 哈哈哈哈 is 哈哈."""
    return _STRETCHED.sub(r"\1\1", sheet)


@cache
def _invisible() -> re.Pattern[str]:
    marked = [code for code in range(sys.maxunicode + 1) if _is_invisible(chr(code))]
    return re.compile(f"[{_as_class(marked)}]+")


def _is_invisible(char: str) -> bool:
    if char in _KEPT_CONTROLS:
        return False
    return unicodedata.category(char) in _INVISIBLE_CATEGORIES or _is_loose_mark(char)


def _is_loose_mark(char: str) -> bool:
    """Say whether this combining mark is decoration in Chinese or English; other scripts need theirs."""
    code = ord(char)
    return (
        0x300 <= code <= 0x36F  # stacked accents, "zalgo"
        or 0xFE00 <= code <= 0xFE0F  # variation selectors
        or 0xE0100 <= code <= 0xE01EF
        or 0x20D0 <= code <= 0x20FF  # key caps and circles around a digit
    )


def _as_class(codes: list[int]) -> str:
    """Return the codes as ranges of a character class, so that the pattern stays small."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges)
