"""Characters that look or count as others: full-width forms, invisible marks, accents, elongation."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cn", "Me"})
_KEPT_CONTROLS = frozenset({"\n", "\t"})
_STRETCHED = re.compile(r"([^\W\d])\1{2,}")


def compose(sheet: str) -> str:
    """Return the sheet in NFKC and lower case: full-width, circled and compatibility forms become plain ones."""
    folded = unicodedata.normalize("NFKC", sheet).lower()
    return unicodedata.normalize("NFKC", folded)


def compose_each(sheet: str) -> str:
    """Return the same as ``compose`` for text in which no character composes with a neighbor, several times faster."""
    return sheet.translate(_composed)


def drop_invisible(sheet: str) -> str:
    """Remove zero-width, bidi, control, private-use and combining marks: they hide words from a search."""
    return sheet.translate(_visible)


def shorten_stretches(sheet: str) -> str:
    """Cut a letter that is repeated three times or more to two: 哈哈哈哈 is 哈哈."""
    return _STRETCHED.sub(r"\1\1", sheet)


def is_invisible(char: str) -> bool:
    """Say whether ``drop_invisible`` removes this character."""
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


class _Composed(dict[int, str]):
    """Code points as ``compose`` writes them, found when first met."""

    def __missing__(self, code: int) -> str:
        self[code] = compose(chr(code))
        return self[code]


class _Visible(dict[int, str]):
    """Code points as they are, or nothing where they are invisible."""

    def __missing__(self, code: int) -> str:
        self[code] = "" if is_invisible(chr(code)) else chr(code)
        return self[code]


_composed, _visible = _Composed(), _Visible()
