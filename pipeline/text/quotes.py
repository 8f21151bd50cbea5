"""A post's own words and the words that it passes on, kept apart: only its own are judged."""

from __future__ import annotations

import re

_CHAIN = re.compile(r"//\s*@[^:：\n]{1,60}[:：]|\bRT\s+@\w{1,60}[:：]")
_QUOTED_LINE = re.compile(r"^[ \t]*>+[ \t]?(.*)$", re.MULTILINE)
_ANSWER = re.compile(r"^\s*(?:回复|回覆|reply to)\s*@[^:：\n]{1,60}[:：]", re.IGNORECASE)


def split_quotes(text: str) -> tuple[str, str]:
    """Return own words and quoted words of one text as written (``//@name:`` chains, ``>`` lines, ``RT @name:``)."""
    if "@" not in text and ">" not in text:
        return text, ""
    quoted: list[str] = []
    if ">" in text:
        quoted = _QUOTED_LINE.findall(text)
        text = _QUOTED_LINE.sub("", text)
    text = _ANSWER.sub("", text)
    own, *passed_on = _CHAIN.split(text)
    return own, " ".join(quoted + passed_on)
