"""What the ledger keeps of statements, as records: the frozen text, each answer to it, each release of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.coalition import ConsensusRule
from pipeline.correction.consensus import Answer
from pipeline.correction.document import Document, from_json


@dataclass(frozen=True, slots=True)
class Statement:
    """A frozen text in circulation. ``content`` is what partners were shown, byte for byte."""

    statement_id: str
    draft_id: str
    draft_version: int
    incident: str
    claim_id: str | None
    digest: str
    content: str
    author_partner: str
    partners: tuple[str, ...]
    rule: ConsensusRule
    circulated_by: str
    circulated_at: datetime
    deadline_at: datetime
    voided_at: datetime | None
    voided_by: str | None

    @property
    def document(self) -> Document:
        """The content as a document."""
        return from_json(self.content)


@dataclass(frozen=True, slots=True)
class Given:
    """One answer of one partner to one digest."""

    partner: str
    answer: Answer
    reason: str
    actor: str
    told_at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Release:
    """What went out, and under whose name: all signers', or one partner's alone."""

    release_id: str
    statement_id: str
    incident: str
    claim_id: str | None
    digest: str
    content: str
    as_partner: str | None
    signers: tuple[str, ...]
    """Who consented, with reservations or without; those who stood aside do not sign."""
    actor: str
    told_at: datetime
    withdrawn_because: str | None
    withdrawn_at: datetime | None
    follows: str | None = None
    """The earlier release that this one corrects."""

    @property
    def document(self) -> Document:
        """The content as a document."""
        return from_json(self.content)


_STATEMENT = tuple(Statement.__dataclass_fields__)
_RELEASE = tuple(Release.__dataclass_fields__)
"""Columns of the two questions, in their order."""


def statement_of(row: Sequence[Any]) -> Statement:
    """A row of ``statements/of_incident``."""
    told = dict(zip(_STATEMENT, row, strict=True))
    rule = json.loads(told["rule"])
    told["rule"] = ConsensusRule(**{**rule, "reminder_minutes": tuple(rule["reminder_minutes"])})
    told["partners"] = tuple(json.loads(told["partners"]))
    return Statement(**_timed(told, "circulated_at", "deadline_at", "voided_at"))


def _timed(told: dict[str, Any], *names: str) -> dict[str, Any]:
    """``told`` with these columns read as times; one that is absent stays so."""
    return told | {name: datetime.fromisoformat(told[name]) for name in names if told[name]}


def given_of(row: Sequence[Any]) -> Given:
    """A row of ``statements/answers``."""
    partner, answer, reason, actor, told_at, told_digest = row
    return Given(partner, Answer(answer), reason, actor, datetime.fromisoformat(told_at), told_digest)


def release_of(row: Sequence[Any]) -> Release:
    """A row of ``statements/releases``."""
    told = dict(zip(_RELEASE, row, strict=True))
    told["signers"] = tuple(json.loads(told["signers"]))
    return Release(**_timed(told, "told_at", "withdrawn_at"))
