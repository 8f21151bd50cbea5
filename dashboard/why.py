"""Why two claims were suggested as the same, in the language of the desk; ``claim_matches`` tells it in English."""

from __future__ import annotations

import re

from dashboard.words import Words

_PART = re.compile(
    r"(?P<view>words|sounds|meaning) (?P<share>\d\.\d\d)"
    r"|(?P<what>places|numbers) differ: (?P<mine>.*?) / (?P<other>.*?)(?=; (?:numbers|\d+ years)|, meaning |$)"
    r"|(?P<years>\d+) years apart"
    r"|(?P<corrects>corrects)"
)


def told_why(words: Words, why: str) -> str:
    """Return ``why`` part by part; what is in none of the known forms is told as it stands."""
    told = [_part(words, found) for found in _PART.finditer(why)]
    return words("why.and").join(told) if told and not _PART.sub("", why).strip(" ,;") else why


def _part(words: Words, found: re.Match[str]) -> str:
    if view := found["view"]:
        return words(f"why.{view}", value=found["share"])
    if what := found["what"]:
        return words(f"why.{what}", mine=found["mine"], other=found["other"])
    return words("why.years", n=found["years"]) if found["years"] else words("why.corrects")
