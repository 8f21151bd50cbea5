"""Text written by strangers, made harmless for the place where it is about to be shown."""

from __future__ import annotations

import re

_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""C0 and C1 controls (so every ANSI sequence), zero-width and bidirectional marks, lone surrogates."""

_FORMULA = re.compile("^[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""First characters that a spreadsheet takes for a formula, full-width ones too."""


def for_terminal(text: str) -> str:
    """Return ``text`` on one line, with every invisible or commanding character shown as its code point.

    >>> for_terminal("a" + chr(27) + "[31mred" + chr(10) + "b")
    'a<U+001B>[31mred b'
    """
    flat = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return _CONTROLS.sub(lambda found: f"<U+{ord(found[0]):04X}>", flat)


def for_json(text: str) -> str:
    """Return JSON ``text`` with every invisible or commanding character as an escape; its value does not change.

    >>> for_json('"a' + chr(0x202e) + '"')
    '"a\\\\u202e"'
    """
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def for_csv(value: object) -> object:
    """Return ``value``; text that a spreadsheet would run as a formula gets an apostrophe before it.

    >>> for_csv("=1+1"), for_csv("＝1+1"), for_csv(-3), for_csv(None)
    ("'=1+1", "'＝1+1", -3, None)
    """
    if not isinstance(value, str):
        return value
    harmless = value.encode("utf-8", "replace").decode("utf-8")
    return "'" + harmless if _FORMULA.match(harmless) else harmless
