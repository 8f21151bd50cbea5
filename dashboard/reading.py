"""The reading aid: Chinese text in the script that a reader is at home in. The original is always one click away."""

from __future__ import annotations

from functools import lru_cache

from dashboard.words import Words
from pipeline.text.scripts import converter

AIDS = {"hans": "t2s", "hant": "s2t"}
"""What a reader may ask for, and OpenCC's conversion that gives it."""

MAX_CHARS = 20_000

_LANGUAGE_OF_SCRIPT = {"hans": "zh-Hans", "hant": "zh-Hant", "yue": "yue-Hant", "en": "en"}


def spoken_in(script: str | None) -> str:
    """The language tag of a text in ``script``, for fonts and for readers aloud."""
    return _LANGUAGE_OF_SCRIPT.get(script or "", "zh")


@lru_cache(maxsize=4096)
def read_as(text: str | None, aid: str) -> str | None:
    """``text`` converted as ``aid`` asks, unchanged when it asks for nothing; the rest of a very long text stays."""
    if not text or aid not in AIDS:
        return text
    return str(converter(AIDS[aid]).convert(_storable(text[:MAX_CHARS]))) + text[MAX_CHARS:]


def _storable(text: str) -> str:
    """Without halves of surrogate pairs, which OpenCC does not take."""
    return text.encode("utf-8", "replace").decode("utf-8")


def folded(words: Words, folding: str) -> str:
    """A folding as the posts' table tells it, "seen→read (reason)", with its reason in the desk's language."""
    spelling, _, reason = folding.removesuffix(")").rpartition(" (")
    return (
        words("post.folding", spelling=spelling, reason=words.of("folding", reason)) if spelling else folding
    )
