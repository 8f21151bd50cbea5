"""A correction as aligned sentences: each line is one sentence in up to four languages, with the sources it stands on.

Documents are values: every change returns another one. Their canonical bytes are what partners consent to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from pipeline.coalition import LANGUAGES
from pipeline.errors import DraftError

MAX_CHARS, MAX_LINES, MAX_SOURCES = 2_000, 60, 60
"""A correction that needs more is not read at three in the morning."""


class Part(StrEnum):
    """What a line does. In this order they are the truth sandwich: fact, rumor once, why it misleads, fact again.

    Order after The Debunking Handbook 2020 (Lewandowsky et al., https://sks.to/db2020).
    """

    TITLE = "title"
    KNOWN = "known"
    CIRCULATES = "circulates"
    MISLEADS = "misleads"
    KNOWN_AGAIN = "known_again"
    ACTION = "action"
    CONTACT = "contact"


FACTUAL = frozenset({Part.KNOWN, Part.MISLEADS, Part.KNOWN_AGAIN})
"""Parts whose every sentence must point at a source."""


class Doubt(StrEnum):
    """Why a person has to look at one text of a line before it can be circulated."""

    STALE = "stale"  # a sibling was edited since
    CONVERTED = "converted"  # script conversion proposed it
    MACHINE = "machine"  # a language model proposed it


@dataclass(frozen=True, slots=True)
class Source:
    """What a sentence stands on."""

    source_id: str
    url: str
    title: str = ""
    quote: str = ""
    sha256: str = ""
    """Hash of the archived copy; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence in its languages."""

    line_id: str
    part: Part
    texts: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A draft's whole content."""

    situation: str
    languages: tuple[str, ...] = LANGUAGES
    rating: str | None = None
    """Code of the rating: the desk's, or the coalition's own."""
    lines: tuple[Line, ...] = ()
    sources: tuple[Source, ...] = ()
    rating_names: Mapping[str, str] = field(default_factory=dict)
    """What the coalition calls its own rating, by language, when it was chosen; empty for the desk's words."""

    def line(self, line_id: str) -> Line:
        """The line of this id; ``DraftError`` when it is gone."""
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise DraftError(
            f"no line {line_id} in this draft: somebody removed it; reload the page", code="line_gone"
        )

    def title(self, language: str) -> str:
        """The title in ``language``; empty when there is none yet."""
        return next((line.texts.get(language, "") for line in self.lines if line.part is Part.TITLE), "")


def write(document: Document, line_id: str, language: str, text: str) -> Document:
    """``document`` with one text written by a person: its siblings that say something are stale now."""
    line = document.line(line_id)
    text = _checked(text)
    if line.texts.get(language, "") == text:
        return document
    doubts = {other: Doubt.STALE for other in line.texts if other != language and line.texts[other]}
    texts = {**line.texts, language: text}
    return _with(document, replace(line, texts=texts, doubts=doubts))


def propose(document: Document, line_id: str, language: str, text: str, doubt: Doubt) -> Document:
    """``document`` with one text proposed by a machine: it waits for a person, and its siblings stay as they are."""
    line = document.line(line_id)
    texts = {**line.texts, language: _checked(text)}
    return _with(document, replace(line, texts=texts, doubts={**line.doubts, language: doubt}))


def confirm(document: Document, line_id: str, language: str) -> Document:
    """``document`` after a person read this text beside its siblings and found it right."""
    line = document.line(line_id)
    doubts = {other: doubt for other, doubt in line.doubts.items() if other != language}
    return _with(document, replace(line, doubts=doubts))


def cite(document: Document, line_id: str, sources: Iterable[str]) -> Document:
    """``document`` with the line standing on these sources, each known to the document."""
    known = {source.source_id for source in document.sources}
    wanted = tuple(dict.fromkeys(sources))
    if missing := [name for name in wanted if name not in known]:
        raise DraftError(
            f"line {line_id} points at {', '.join(missing)}: add the source first", code="source_missing"
        )
    return _with(document, replace(document.line(line_id), sources=wanted))


def add_line(document: Document, part: Part, after: str | None = None) -> Document:
    """``document`` with an empty line of this part after the line ``after``, else behind the last of its part."""
    if len(document.lines) >= MAX_LINES:
        raise DraftError(
            f"a correction has at most {MAX_LINES} lines: shorten it", code="lines_many", most=MAX_LINES
        )
    order = list(Part)
    ids = [line.line_id for line in document.lines]
    before = [i for i, line in enumerate(document.lines) if order.index(line.part) <= order.index(part)]
    place = ids.index(after) + 1 if after in ids else (max(before) + 1 if before else 0)
    number = max((int(name[1:]) for name in ids), default=0) + 1
    fresh = Line(f"s{number}", part)
    return replace(document, lines=(*document.lines[:place], fresh, *document.lines[place:]))


def remove_line(document: Document, line_id: str) -> Document:
    """``document`` without this line."""
    document.line(line_id)
    return replace(document, lines=tuple(line for line in document.lines if line.line_id != line_id))


def add_source(document: Document, url: str, title: str = "", quote: str = "", sha256: str = "") -> Document:
    """``document`` with one more source; its id is the next number."""
    if len(document.sources) >= MAX_SOURCES:
        raise DraftError(
            f"a correction has at most {MAX_SOURCES} sources", code="sources_many", most=MAX_SOURCES
        )
    if not url.startswith(("https://", "http://")):
        raise DraftError(
            f"source {url[:80]!r}: write a web address that begins with https://",
            code="source_address",
            url=url[:80],
        )
    number = max((int(s.source_id[1:]) for s in document.sources), default=0) + 1
    source = Source(f"e{number}", url.strip(), _checked(title), _checked(quote), sha256)
    return replace(document, sources=(*document.sources, source))


def _with(document: Document, line: Line) -> Document:
    return replace(document, lines=tuple(line if x.line_id == line.line_id else x for x in document.lines))


def _checked(text: str) -> str:
    """``text`` on one line of allowed length; a lone surrogate, which no file can hold, is refused."""
    flat = " ".join(text.split())
    if len(flat) > MAX_CHARS:
        raise DraftError(
            f"a sentence of {len(flat):,} characters: at most {MAX_CHARS:,}; split it",
            code="sentence_long",
            given=len(flat),
            most=MAX_CHARS,
        )
    try:
        flat.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DraftError(
            "the text holds half a character (a broken emoji?): delete it and type again",
            code="half_character",
        ) from error
    return flat


# -- bytes ---------------------------------------------------------------------------------------------------------


def to_json(document: Document) -> str:
    """Canonical text of a document: the same content always gives the same bytes."""
    return json.dumps(asdict(document), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> Document:
    """The document that ``to_json`` wrote."""
    told: dict[str, Any] = json.loads(text)
    lines = tuple(
        Line(
            row["line_id"],
            Part(row["part"]),
            row["texts"],
            {language: Doubt(doubt) for language, doubt in row["doubts"].items()},
            tuple(row["sources"]),
        )
        for row in told["lines"]
    )
    return Document(
        told["situation"],
        tuple(told["languages"]),
        told["rating"],
        lines,
        tuple(Source(**row) for row in told["sources"]),
        told["rating_names"],
    )


def digest(document: Document) -> str:
    """SHA-256 of the canonical bytes: what a partner consents to."""
    return hashlib.sha256(to_json(document).encode("utf-8")).hexdigest()
