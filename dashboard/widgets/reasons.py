"""Why a claim is ranked where it is: every component in words, its points as a bar, and their sum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.words import Words
from pipeline.rank.reasons import reasons as reasons_of
from pipeline.rank.reasons import sentence, word_of
from pipeline.rank.signals import SIGNALS
from pipeline.tables import RANKED_CLAIMS

SUFFIX = "_points"
COMPONENTS = tuple(c.name.removesuffix(SUFFIX) for c in RANKED_CLAIMS.columns if c.name.endswith(SUFFIX))
"""Whatever the ranking declares is shown; nothing is listed here twice."""

RAW = {signal.name: signal.column for signal in SIGNALS}
"""The column that holds a component's raw value."""

SHARES = {"enquiry", "engagement", "debunk_gap", "checkworthy", "harm", "nearness", "kinship", "reactions"}


@dataclass(frozen=True, slots=True)
class Reason:
    """One component: points (None when unknown), its raw value in words, and the width of its bar in percent."""

    name: str
    points: float | None
    says: str
    width: float


def reasons(words: Words, row: Mapping[str, Any]) -> list[Reason]:
    """The components of a row of ``ranked_claims``, the weightiest first."""
    points = {name: row.get(f"{name}{SUFFIX}") for name in COMPONENTS}
    largest = max((abs(p) for p in points.values() if p is not None), default=0.0) or 1.0
    found = [
        Reason(name, p, _says(words, name, row), 100 * abs(p or 0.0) / largest) for name, p in points.items()
    ]
    return sorted(found, key=lambda reason: -(reason.points or 0.0))


def total(found: list[Reason]) -> float:
    """The sum of the points shown; it is the score."""
    return math.fsum(reason.points for reason in found if reason.points is not None)


def _says(words: Words, name: str, row: Mapping[str, Any]) -> str:
    value = row.get(RAW.get(name, name))
    if value is None:
        return words("reason.unknown")
    return words.says(
        "burst_below" if name == "burst" and value < 0 else name,
        value=f"{abs(value):.2f}" if name == "burst" else f"{value:.2f}",
        percent=f"{value:.0%}" if name in SHARES else "",
        recent=_or_unknown(words, row.get("recent_voices")),
        previous=_or_unknown(words, row.get("previous_voices")),
        count=f"{value:.0f}",
    )


def _or_unknown(words: Words, number: int | None) -> str:
    return words("unknown") if number is None else f"{number:,}"


def in_words(words: Words, row: Mapping[str, Any], most: int = 4) -> list[str]:
    """Up to ``most`` sentences on why a row of ``ranked_claims`` stands where it does; plain text, to be escaped."""
    told = reasons_of(row)[:most]
    return [sentence(words.language, said, lambda kind, code: _name(words, kind, code)) for said in told]


def _name(words: Words, kind: str, code: str) -> str:
    return words.of("platform", code) if kind == "platform" else word_of(words.language, kind, code)


def why_ranked(desk: Desk, row: Mapping[str, Any]) -> None:
    """The panel on the claim page."""
    found = reasons(desk.words, row)
    said = in_words(desk.words, row)
    show("reasons", words=desk.words, reasons=found, total=total(found), rank=row["rank"], said=said)
