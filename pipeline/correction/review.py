"""What stands between a draft and its circulation: every open point with its line, for people to settle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.correction.agreement import Disagreement, disagreements
from pipeline.correction.brightlines import BrightLine, Hit, hits
from pipeline.correction.document import FACTUAL, Document, Line, Part


@dataclass(frozen=True, slots=True)
class Point:
    """One open point. ``kind`` is a key of the desk's words; ``values`` fill its sentence."""

    kind: str
    line_id: str | None = None
    language: str | None = None
    values: tuple[tuple[str, str], ...] = ()
    mark: str = ""
    """Names a hit or disagreement so that an explanation can be filed under it; empty for what must be mended."""


def open_points(
    document: Document, lines: Sequence[BrightLine] = (), explained: frozenset[str] = frozenset()
) -> list[Point]:
    """Return all points that keep ``document`` from being circulated, in the order of its lines.

    A hit or disagreement whose ``mark`` is in ``explained`` is settled: somebody wrote down why it stands.
    """
    points = [*_shape(document), *(point for line in document.lines for point in _line(document, line))]
    points += [_differs(d) for d in disagreements(document)] + [_crosses(h) for h in hits(document, lines)]
    return [point for point in points if not point.mark or point.mark not in explained]


def _differs(found: Disagreement) -> Point:
    values = (("mine", found.mine), ("other", found.theirs), ("than", found.than))
    return Point(f"differs_{found.kind}", found.line_id, found.language, values, found.mark)


def _crosses(hit: Hit) -> Point:
    values = (("partner", hit.partner), ("term", hit.found), ("why", hit.why))
    return Point("bright_line", hit.line_id, hit.language, values, hit.mark)


def _shape(document: Document) -> Iterator[Point]:
    parts = [line.part for line in document.lines]
    for part in (Part.TITLE, Part.KNOWN):
        if part not in parts:
            yield Point(f"no_{part.value}")
    if parts.count(Part.CIRCULATES) > 1:
        yield Point("told_twice")
    if parts.count(Part.TITLE) > 1:
        yield Point("two_titles")
    if document.rating is None:
        yield Point("no_rating")


def _line(document: Document, line: Line) -> Iterator[Point]:
    for language in document.languages:
        if not line.texts.get(language):
            yield Point("no_text", line.line_id, language)
        elif doubt := line.doubts.get(language):
            yield Point(f"doubt_{doubt.value}", line.line_id, language)
    if line.part in FACTUAL and not line.sources:
        yield Point("no_source", line.line_id)
