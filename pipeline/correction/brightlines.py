"""Bright lines: what a partner will not say. Found whatever the script, width, spacing or invisible marks."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import re2

from pipeline.correction.document import Document
from pipeline.errors import DraftError
from pipeline.text.scripts import converter

MAX_TERMS, MAX_TERM_CHARS = 200, 200
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Mn", "Me"})


@dataclass(frozen=True, slots=True)
class BrightLine:
    """One thing that one partner will not say or ask for."""

    bright_line_id: str
    partner: str
    topic: str
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words by their language; each is looked for in every text, for Chinese texts borrow English words."""
    patterns: tuple[str, ...] = ()
    """Regular expressions in RE2's language (no backtracking, so none can hang the desk), on folded text."""
    will_say: str = ""
    wont_say: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One place where a draft crosses a line."""

    mark: str
    """Stable name of this hit: the line crossed and the text that crosses it. Another text is another hit."""
    bright_line_id: str
    partner: str
    topic: str
    line_id: str
    language: str
    found: str
    start: int
    end: int
    why: str


def checked(line: BrightLine) -> BrightLine:
    """``line`` when it can be used; ``DraftError`` says which term or pattern cannot."""
    terms = [term for words in line.terms.values() for term in words]
    if not terms and not line.patterns and not line.wont_say.strip():
        raise DraftError(
            "a bright line needs a term, a pattern, or a sentence on what you will not say",
            code="bright_line_empty",
        )
    if len(terms) + len(line.patterns) > MAX_TERMS:
        raise DraftError(
            f"a bright line has at most {MAX_TERMS} terms and patterns: make two of it",
            code="bright_line_many",
            most=MAX_TERMS,
        )
    for term in terms:
        if not fold(term).text.strip() or len(term) > MAX_TERM_CHARS:
            raise DraftError(
                f"term {term[:40]!r} cannot be searched: 1 to {MAX_TERM_CHARS} letters or characters",
                code="term_unusable",
                term=term[:40],
                most=MAX_TERM_CHARS,
            )
    for pattern in line.patterns:
        _compiled(pattern)
    return line


def hits(document: Document, lines: Sequence[BrightLine]) -> list[Hit]:
    """Return every place where a text of ``document`` crosses one of ``lines``, in reading order."""
    return [
        hit
        for sentence in document.lines
        for language in document.languages
        if (text := sentence.texts.get(language))
        for hit in _in_text(text, sentence.line_id, language, lines)
    ]


def _in_text(text: str, line_id: str, language: str, lines: Sequence[BrightLine]) -> list[Hit]:
    folded = fold(text)
    found: dict[tuple[str, int, int], Hit] = {}
    for line in lines:
        for low, high in _spans(folded.text, line):
            start, end = folded.places[low], folded.places[high - 1] + 1
            mark = _mark(line.bright_line_id, language, text, start, end)
            found[line.bright_line_id, start, end] = Hit(
                mark,
                line.bright_line_id,
                line.partner,
                line.topic,
                line_id,
                language,
                text[start:end],
                start,
                end,
                line.why or line.wont_say,
            )
    return sorted(found.values(), key=lambda hit: (hit.start, hit.end, hit.bright_line_id))


def _mark(bright_line_id: str, language: str, text: str, start: int, end: int) -> str:
    told = f"{bright_line_id}\0{language}\0{start}\0{end}\0{text}"
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def _spans(folded: str, line: BrightLine) -> Iterator[tuple[int, int]]:
    for terms in line.terms.values():
        for term in terms:
            yield from _term_spans(folded, fold(term).text.strip())
    for pattern in line.patterns:
        yield from (m.span() for m in _compiled(pattern).finditer(folded) if m.end() > m.start())


def _term_spans(folded: str, term: str) -> Iterator[tuple[int, int]]:
    """Where ``term`` stands; one of Latin letters only as a whole word, so that ICE is not in police."""
    before = r"(?<![a-z0-9])" if term[:1].isascii() else ""
    after = r"(?![a-z0-9])" if term[-1:].isascii() else ""
    for match in re.finditer(before + re.escape(term) + after, folded):
        yield match.span()


@cache
def _compiled(pattern: str) -> Any:  # noqa: ANN401  re2 ships no types
    """The pattern in RE2, which takes time linear in the text; ``DraftError`` when it cannot be read."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(f"(?i){converter('t2s').convert(pattern)}", options)
    except re2.error as error:
        raise DraftError(
            f"pattern {pattern[:60]!r} cannot be used: {_said(error)}",
            code="pattern_unusable",
            pattern=pattern[:60],
        ) from error


def _said(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


# -- folding ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is searched, and where each of its characters stood."""

    text: str
    places: tuple[int, ...]


@lru_cache(maxsize=4096)
def fold(text: str) -> Folded:
    """Lower case, one width, Simplified, without invisible marks; a gap stays only between Latin words."""
    chars: list[str] = []
    places: list[int] = []
    for place, char in enumerate(text):
        for plain in _plain(char):
            gap = not plain.isalnum()
            if gap and (not chars or not chars[-1].isascii() or chars[-1] == " "):
                continue
            if not gap and not plain.isascii() and chars and chars[-1] == " ":
                chars.pop(), places.pop()
            chars.append(" " if gap else plain)
            places.append(place)
    return Folded("".join(chars), tuple(places))


@cache
def _plain(char: str) -> str:
    if unicodedata.category(char) in _HIDDEN:
        return ""
    decomposed = unicodedata.normalize("NFKD", char.casefold())
    kept = "".join(c for c in decomposed if unicodedata.category(c) not in _HIDDEN)
    simplified: str = converter("t2s").convert(unicodedata.normalize("NFKC", kept))
    return simplified
