"""The words for ratings: the coalition's own where it has a file, else the desk's."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.desk import Desk
from pipeline.vocabulary import ratings


def rating_codes(desk: Desk) -> tuple[str, ...]:
    """Codes that people choose from, in order."""
    return tuple(word.code for word in ratings(desk.data))


def rating_words(desk: Desk) -> Callable[[str], str]:
    """What each code is called in the reader's language; one that was dropped from the file keeps its code."""
    own = {word.code: word.names for word in ratings(desk.data)}
    language = desk.words.language

    def told(code: str) -> str:
        return own.get(code, {}).get(language) or desk.words.of("rating", code)

    return told
