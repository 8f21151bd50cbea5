"""Spellings that stand for other words: disguise, nicknames, regional names, Cantonese, emoji; each with its reason."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from typing import Any

from pipeline.paths import CHECKOUT

_LEXICON = CHECKOUT / "data" / "lexicon"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_INSERTED = re.compile(rf"(?<=[{_HAN}])[*·・•_~^]{{1,2}}(?=[{_HAN}])")
_SPACED = re.compile(rf"(?<![{_HAN}])(?:[{_HAN}] ){{3,}}[{_HAN}](?![{_HAN}])")


@dataclass(frozen=True)
class Folding:
    """One spelling that was read as another word, in one line."""

    line: int
    seen: str
    read: str
    reason: str
    at: int = 0
    """Where in the line; known for words in disguise only."""

    def __str__(self) -> str:
        return f"{self.seen}→{self.read} ({self.reason})"


@dataclass(frozen=True)
class Spellings:
    """Spellings with what they are read as, and the words that some of them need nearby."""

    read: Mapping[str, str]
    reasons: Mapping[str, str]
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def pattern(self) -> re.Pattern[str]:
        """All spellings, longest first; Latin ones only as whole words."""
        ordered = sorted(self.read, key=lambda seen: (-len(seen), seen))
        return re.compile("|".join(map(_bounded, ordered)) or r"(?!)")


def _bounded(seen: str) -> str:
    start = r"(?<![a-z0-9])" if seen[0].isascii() else ""
    end = r"(?![a-z0-9])" if seen[-1].isascii() else ""
    return f"{start}{re.escape(seen)}{end}"


Table = tuple[Spellings, re.Pattern[str]]
"""Spellings with the pattern that finds them."""


def fold(sheet: str, spellings: Spellings, pattern: re.Pattern[str]) -> tuple[str, list[Folding]]:
    """Return the sheet with these spellings read as their words, and what was folded where."""
    starts: list[int] = []
    found: list[Folding] = []
    parts: list[str] = []
    end = 0
    for match in pattern.finditer(sheet):
        starts = starts or [0, *accumulate(len(line) + 1 for line in sheet.split("\n"))]
        line = bisect_right(starts, match.start()) - 1
        seen = match[0]
        needed = spellings.near.get(seen)
        if needed and not any(word in sheet[starts[line] : starts[line + 1]] for word in needed):
            continue
        parts += [sheet[end : match.start()], spellings.read[seen]]
        end = match.end()
        found.append(Folding(line, seen, spellings.read[seen], spellings.reasons[seen]))
    return ("".join([*parts, sheet[end:]]), found) if found else (sheet, found)


def join_inserted(sheet: str) -> str:
    """Remove marks put between Chinese characters to split a word (枪*击), and spaces between single ones."""
    return _SPACED.sub(lambda found: found[0].replace(" ", ""), _INSERTED.sub("", sheet))


def emoji_as_words(sheet: str) -> str:
    """Read an emoji between two Chinese characters as the word that it stands for."""
    return _emoji_pattern().sub(lambda found: emoji()[found[0]], sheet)


def from_cantonese(sheet: str) -> str:
    """Read Cantonese function words as written Chinese; ambiguous ones only in lines that are Cantonese."""
    if not _MARKS.search(sheet):
        return sheet
    return "\n".join(map(_line_from_cantonese, sheet.split("\n")))


def _line_from_cantonese(line: str) -> str:
    marks = len(_MARKS.findall(line))
    if not marks:
        return line
    always, inside = _cantonese()
    tables = (always,) if marks < _MARKS_OF_CANTONESE else (always, inside)
    for words, pattern in tables:
        line = pattern.sub(lambda found, words=words: words[found[0]], line)  # type: ignore[misc]
    return line


_ONLY_CANTONESE = "嘅咗喺哋佢冇嗰噉咁啲嚟睇攞搵揾瞓俾畀嘢乜咩啱諗谂揸㗎喎啩嘞噃啫囉唔"
_MARKS = re.compile(f"[{_ONLY_CANTONESE}]|係咪|系咪|點解|点解|邊個|边个|边度|邊度")
CANTONESE_CHARACTERS = _ONLY_CANTONESE + "咪解邊边"
"""A line without any of these has no mark of Cantonese."""
_MARKS_OF_CANTONESE = 2


@cache
def known() -> Table:
    """Return the project's spellings and their pattern."""
    tables = _load("spellings")
    near = {seen: tuple(entry["words"]) for seen, entry in tables.pop("near").items()}
    read = {seen: word for table in tables.values() for seen, word in table.items()}
    reasons = {seen: reason for reason, table in tables.items() for seen in table}
    spellings = Spellings(read, reasons, near)
    return spellings, spellings.pattern


def approved(aliases: Mapping[str, str]) -> Table:
    """Return the aliases that staff approved for an incident."""
    spellings = Spellings(dict(aliases), dict.fromkeys(aliases, "approved alias"))
    return spellings, spellings.pattern


@cache
def openings() -> tuple[frozenset[str], frozenset[str]]:
    """Return the first and the second characters of the project's spellings; each has two at least."""
    seen = known()[0].read
    return frozenset(word[0] for word in seen), frozenset(word[1] for word in seen)


@cache
def emoji() -> dict[str, str]:
    """Return the emoji that stand for words, without the marks that are gone by then."""
    return {
        seen.replace("\ufe0f", "").replace("\u200d", ""): word
        for seen, word in _load("emoji")["words"].items()
    }


@cache
def _emoji_pattern() -> re.Pattern[str]:
    ordered = sorted(emoji(), key=lambda seen: (-len(seen), seen))
    return re.compile(rf"(?<=[{_HAN}])(?:{'|'.join(map(re.escape, ordered))})(?=[{_HAN}])")


_Words = tuple[dict[str, str], re.Pattern[str]]


@cache
def _cantonese() -> tuple[_Words, _Words]:
    tables = _load("cantonese")
    return _as_table(tables["always"]), _as_table(tables["in_cantonese"])


def _as_table(words: dict[str, str]) -> _Words:
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return words, re.compile("|".join(map(re.escape, ordered)))


def _load(name: str) -> dict[str, Any]:
    with (_LEXICON / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
