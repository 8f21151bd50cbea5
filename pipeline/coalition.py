"""The coalition: who the partners are, and by which rule they speak together. A file, not code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import CoalitionError
from pipeline.paths import DataDir, checked_name
from pipeline.toml_files import read_toml

LANGUAGES = ("en", "zh-Hans", "zh-Hant", "yue-Hant")
"""Languages of a statement: English, Simplified, Traditional, and Traditional as Cantonese is written."""


@dataclass(frozen=True, slots=True)
class Partner:
    """One organization of the coalition."""

    id: str
    names: Mapping[str, str]
    """Name by language; English is always there."""
    address: str = ""
    """Postal line of the letterhead."""
    contact: str = ""
    """Phone or mail address that a reader may use; stands under what the partner signs."""
    web: str = ""

    def name(self, language: str) -> str:
        """The name in ``language``; Cantonese readers see the Traditional one, the rest falls back to English."""
        near = {"yue-Hant": "zh-Hant"}.get(language, language)
        return self.names.get(language) or self.names.get(near) or self.names["en"]


@dataclass(frozen=True, slots=True)
class ConsensusRule:
    """When partners speak together. The default: all must answer, none may block, one besides the author consents."""

    all_must_answer: bool = True
    blocks_that_stop: int = 1
    consents_besides_author: int = 1
    deadline_minutes: int = 240
    reminder_minutes: tuple[int, ...] = (120, 30)
    """Minutes before the deadline at which those who have not answered are reminded."""


@dataclass(frozen=True, slots=True)
class Coalition:
    """Partners, in the order in which they sign, and their rule."""

    names: Mapping[str, str]
    partners: tuple[Partner, ...] = ()
    rule: ConsensusRule = field(default_factory=ConsensusRule)

    def partner(self, partner_id: str) -> Partner:
        """The partner of this id; ``CoalitionError`` when there is none."""
        for partner in self.partners:
            if partner.id == partner_id:
                return partner
        known = ", ".join(p.id for p in self.partners) or "none yet"
        raise CoalitionError(
            f"no partner {partner_id!r} in the coalition file; known: {known}",
            code="partner_unknown",
            partner=partner_id,
        )

    def name(self, language: str) -> str:
        """Name of the coalition in ``language``."""
        near = {"yue-Hant": "zh-Hant"}.get(language, language)
        return self.names.get(language) or self.names.get(near) or self.names["en"]


ALONE = Coalition({"en": "This desk", "zh-Hans": "本台", "zh-Hant": "本台"})
"""A desk without a coalition file: everything works but what needs partners."""


def load_coalition(data: DataDir) -> Coalition:
    """The coalition of this data folder, ``ALONE`` when it has no file; every problem names file and fix."""
    path = data.coalition
    return _read(path, path.stat().st_mtime_ns) if path.exists() else ALONE


@cache
def _read(path: Path, _changed: int) -> Coalition:
    told = read_toml(path, CoalitionError)
    partners = tuple(_partner(path, row) for row in told.get("partners", []))
    twice = {p.id for p in partners if [q.id for q in partners].count(p.id) > 1}
    if twice:
        raise CoalitionError(f"{path}: partner {', '.join(sorted(twice))} stands there twice; keep one")
    return Coalition(_names(path, told, "the coalition"), partners, _rule(path, told.get("consensus", {})))


def _names(path: Path, row: Mapping[str, Any], whose: str) -> dict[str, str]:
    names = row.get("name")
    if not isinstance(names, dict) or not str(names.get("en") or "").strip():
        raise CoalitionError(f'{path}: {whose} needs a name table with at least en = "…"')
    unknown = sorted(set(names) - set(LANGUAGES))
    if unknown:
        raise CoalitionError(
            f"{path}: {whose} has a name in {', '.join(unknown)}; languages are {', '.join(LANGUAGES)}"
        )
    return {language: str(text) for language, text in names.items()}


def _partner(path: Path, row: Mapping[str, Any]) -> Partner:
    partner_id = checked_name(str(row.get("id", "")), f"{path}: partner id")
    texts = {key: str(row.get(key, "")) for key in ("address", "contact", "web")}
    return Partner(partner_id, _names(path, row, f"partner {partner_id}"), **texts)


def _rule(path: Path, row: Mapping[str, Any]) -> ConsensusRule:
    known = ConsensusRule.__dataclass_fields__
    unknown = sorted(set(row) - set(known))
    if unknown:
        raise CoalitionError(
            f"{path}: [consensus] knows no {', '.join(unknown)}; it knows {', '.join(known)}"
        )
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    for key, value in values.items():
        numbers = value if isinstance(value, tuple) else (value,)
        if key == "all_must_answer" and not isinstance(value, bool):
            raise CoalitionError(f"{path}: [consensus] {key} is true or false")
        if key != "all_must_answer" and any(type(n) is not int or n < 0 for n in numbers):
            raise CoalitionError(f"{path}: [consensus] {key} wants whole numbers from 0")
    rule = ConsensusRule(**values)
    if rule.blocks_that_stop < 1 or rule.deadline_minutes < 1:
        raise CoalitionError(f"{path}: [consensus] blocks_that_stop and deadline_minutes start at 1")
    return rule
