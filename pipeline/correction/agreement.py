"""Do the four texts of a sentence say the same? Numbers, dates, clock times, phone numbers and names are compared.

The check reads notations, not meaning: three, 3, 三 and 叁 are one number; March 13 and 3月13日 one date. What it
cannot read it does not compare, so a silent line is not a proof.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pipeline.correction.brightlines import fold
from pipeline.correction.document import Document, Line
from pipeline.paths import CHECKOUT
from pipeline.text.characters import compose, drop_invisible
from pipeline.text.numbers import to_digits

_NAMES = CHECKOUT / "data" / "lexicon" / "names.toml"
_SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty",
)
_TENS = {
    name: 10 * n
    for n, name in enumerate(re.findall(r"\w+", "thirty forty fifty sixty seventy eighty ninety"), 3)
}
_WORDS = {name: n for n, name in enumerate(_SMALL)} | _TENS
_MONTHS = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_PHONE = re.compile(r"(?<![\d.])\+?\(?\d{1,4}\)?(?:[-. ]\(?\d{2,4}\)?){1,4}(?![\d.%])|(?<!\d)\d{7,15}(?!\d)")
_ENGLISH_DATE = re.compile(
    rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b|\b(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}(?![a-z])"
)
_CHINESE_DATE = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]")
_ENGLISH_CLOCK = re.compile(r"\b(\d{1,2})(?::(\d\d))?\s*([ap])\.?m\b\.?|\b(\d{1,2}):(\d\d)\b")
_HALF = "凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜晚|夜里|夜裡|晚|朝早|晏晝"
_CHINESE_CLOCK = re.compile(
    rf"({_HALF})?\s*(\d{{1,2}})\s*[点點时時](?!间|間)(?:钟|鐘|正|整)?(?:(半)|(\d{{1,2}})\s*分?)?"
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LARGE = re.compile(r"(\d+(?:\.\d+)?) (thousand|million|billion|hundred)\b")
_FACTOR = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SECOND = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One text says something of this kind that a sibling does not, or the other way round."""

    kind: str
    """date, clock, phone, number or name."""
    mark: str
    """Stable name of this disagreement between these two texts: an explanation is filed under it."""
    line_id: str
    language: str
    than: str
    """The sibling it is compared with: the first language that has a text."""
    mine: str
    theirs: str


def disagreements(document: Document) -> list[Disagreement]:
    """Return what differs between each text and the first text of its line."""
    return [found for line in document.lines for found in _of_line(document, line)]


def _of_line(document: Document, line: Line) -> Iterator[Disagreement]:
    spoken = [language for language in document.languages if line.texts.get(language)]
    if len(spoken) < 2:
        return
    than, facts = spoken[0], {language: stated(line.texts[language], language) for language in spoken}
    for language in spoken[1:]:
        for kind in facts[than]:
            mine, theirs = facts[language][kind], facts[than][kind]
            if mine != theirs:
                told = "\0".join((kind, language, line.texts[than], line.texts[language]))
                mark = hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
                yield Disagreement(
                    kind, mark, line.line_id, language, than, _told(mine - theirs), _told(theirs - mine)
                )


def _told(values: Counter[str]) -> str:
    return ", ".join(sorted(values.elements())) or "–"


def stated(text: str, language: str) -> dict[str, Counter[str]]:
    """Return what ``text`` states, by kind, in one notation: dates as m-d, times as h:mm, phones and numbers as digits.

    The number 1 is left out: "one" is a pronoun more often than a count, and so is 一.
    """
    rest = drop_invisible(compose(text)).replace("\N{EN DASH}", "-")
    rest = _digits(rest) if language == "en" else to_digits(rest)
    found: dict[str, Counter[str]] = {}
    for kind, pattern, read in _KINDS:
        taken, rest = _take(rest, pattern, read)
        found[kind] = found.get(kind, Counter()) + taken
    numbers = Counter(_plain(number) for number in _NUMBER.findall(rest))
    numbers.pop("1", None)
    return {**found, "number": numbers, "name": _names(text)}


def _take(
    text: str, pattern: re.Pattern[str], read: Callable[[re.Match[str]], str]
) -> tuple[Counter[str], str]:
    """What ``read`` makes of every match, and ``text`` without those; a match read as nothing stays."""
    values = {match.span(): read(match) for match in pattern.finditer(text)}
    rest = pattern.sub(lambda match: " " if values[match.span()] else match[0], text)
    return Counter(value for value in values.values() if value), rest


def _digits(text: str) -> str:
    """English number words as digits: twenty-one, three hundred, 2 million."""
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    words = "|".join(sorted(_WORDS, key=len, reverse=True))
    text = re.sub(
        rf"\b({'|'.join(_TENS)}|twenty)[- ]({'|'.join(_SMALL[1:10])})\b",
        lambda m: str(_WORDS[m[1]] + _WORDS[m[2]]),
        text,
    )
    text = re.sub(rf"\b({words})\b(?! (?:of|another|by)\b)", lambda m: str(_WORDS[m[1]]), text)
    text = _LARGE.sub(lambda m: _plain(str(float(m[1]) * _FACTOR[m[2]])), text)
    return _SECOND.sub("", text)


def _plain(number: str) -> str:
    value = float(number)
    return str(int(value)) if value == int(value) else str(value)


def _english_date(match: re.Match[str]) -> str:
    month, day = (match[1], match[2]) if match[1] else (match[4], match[3])
    return f"{_MONTHS[month[:3]]}-{int(day)}"


def _chinese_date(match: re.Match[str]) -> str:
    return f"{int(match[1])}-{int(match[2])}"


def _english_clock(match: re.Match[str]) -> str:
    if match[4]:
        return f"{int(match[4])}:{match[5]}"
    hour = int(match[1]) % 12 + (12 if match[3] == "p" else 0)
    return f"{hour}:{match[2] or '00'}"


def _chinese_clock(match: re.Match[str]) -> str:
    hour, minute = int(match[2]), 30 if match[3] else int(match[4] or 0)
    afternoon = (match[1] or "") in {"下午", "傍晚", "晚上", "夜晚", "夜里", "夜裡", "晚", "晏晝"}
    if afternoon and hour < 12:
        hour += 12
    return f"{hour}:{minute:02d}" if hour < 25 else ""


def _phone(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return digits[-10:] if len(digits) >= 7 else ""


_KINDS = (
    ("date", _ENGLISH_DATE, _english_date),
    ("date", _CHINESE_DATE, _chinese_date),
    ("clock", _ENGLISH_CLOCK, _english_clock),
    ("clock", _CHINESE_CLOCK, _chinese_clock),
    ("phone", _PHONE, _phone),
)


def _names(text: str) -> Counter[str]:
    """Names of the list that ``text`` uses, by their English form; the longest rendering wins."""
    folded = fold(text).text
    found: Counter[str] = Counter()
    for pattern, name in _renderings():
        folded, times = pattern.subn(" ", folded)
        if times:
            found[name] = 1
    return found


@cache
def _renderings() -> tuple[tuple[re.Pattern[str], str], ...]:
    """(pattern on folded text, English name), the longest rendering first; Latin ones match whole words only."""
    told: Mapping[str, list[str]] = tomllib.loads(_NAMES.read_text(encoding="utf-8"))["names"]
    pairs = {(fold(word).text.strip(), name) for name, words in told.items() for word in (name, *words)}
    ordered = sorted(pairs, key=lambda pair: (-len(pair[0]), pair))
    whole = r"(?<![a-z0-9]){}(?![a-z0-9])"
    return tuple(
        (re.compile(whole.format(re.escape(word)) if word.isascii() else re.escape(word)), name)
        for word, name in ordered
    )
