"""The questions by which people assess harm and reach: a file, with its sources, that a coalition may replace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.paths import CHECKOUT, DataDir
from pipeline.toml_files import read_toml

SHIPPED = CHECKOUT / "data" / "lexicon" / "rubric.toml"
PARTS = ("harm", "reach")
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
MOST_LEVELS = 10


@dataclass(frozen=True, slots=True)
class Question:
    """One question with levels 0 to ``levels - 1`` (harm) or 1 to ``levels`` (reach)."""

    id: str
    part: str
    levels: int
    text: Mapping[str, str]
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What each level is called, by language; without, the desk's own words for none, some and strong."""

    @property
    def lowest(self) -> int:
        """Level of the weakest answer."""
        return 0 if self.part == "harm" else 1

    @property
    def highest(self) -> int:
        """Level of the strongest answer."""
        return self.lowest + self.levels - 1


@dataclass(frozen=True, slots=True)
class Rubric:
    """The questions in the order in which they are asked."""

    version: str
    questions: tuple[Question, ...]

    def allows(self, question: str, level: int) -> bool:
        """Whether this is an answer to one of the questions."""
        return any(q.id == question and q.lowest <= level <= q.highest for q in self.questions)

    def total(self, part: str, levels: Mapping[str, int]) -> tuple[int, int] | None:
        """Sum of the answers given to a part's questions, and the most it could be; None when none was given."""
        answered = [q for q in self.questions if q.part == part and q.id in levels]
        return (sum(levels[q.id] for q in answered), sum(q.highest for q in answered)) if answered else None


def load_rubric(data: DataDir) -> Rubric:
    """The coalition's own rubric, else the shipped one; raises ``UsageError`` naming file and fault."""
    own = data.root / "rubric.toml"
    path = own if own.exists() else SHIPPED
    return _read(path, path.stat().st_mtime_ns)


@cache
def _read(path: Path, _changed: int) -> Rubric:
    told = read_toml(path)
    rows = told.get("question", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: questions are [[question]] tables")
    questions = tuple(_question(path, row) for row in rows)
    if not questions or len({q.id for q in questions}) < len(questions):
        raise UsageError(f"{path}: needs [[question]] tables, each with an id of its own")
    return Rubric(str(told.get("version", "")), questions)


def _question(path: Path, row: Mapping[str, Any]) -> Question:
    name, part, levels = str(row.get("id", "")), str(row.get("part", "")), row.get("levels")
    names = {language: tuple(map(str, given)) for language, given in dict(row.get("names") or {}).items()}
    wrong = [
        not name,
        part not in PARTS,
        not isinstance(levels, int) or not 2 <= levels <= MOST_LEVELS,
        any(not row.get(language) for language in LANGUAGES),
        any(len(given) != levels for given in names.values()),
    ]
    if any(wrong) or not isinstance(levels, int):
        raise UsageError(
            f"{path}: question {name!r} needs id, part ({' or '.join(PARTS)}), levels (2 to {MOST_LEVELS}), "
            f"its text in {', '.join(LANGUAGES)}, and as many names as levels"
        )
    return Question(name, part, levels, {language: str(row[language]) for language in LANGUAGES}, names)
