"""Drafts of corrections and the partners' bright lines: every version kept, a stale save refused."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from pipeline.correction.brightlines import BrightLine, checked
from pipeline.correction.document import Document, digest, from_json, to_json
from pipeline.errors import DraftError, StaleVersion
from pipeline.ledger.decisions import MAX_NOTE_CHARS
from pipeline.ledger.store import Store
from pipeline.statements import statement


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand: a person, and the partner in whose name they act."""

    actor: str
    partner: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One version of a draft; the latest unless asked for another."""

    draft_id: str
    incident: str
    claim_id: str | None
    follows: str | None
    """The release that this one corrects."""
    version: int
    document: Document
    digest: str
    actor: str
    partner: str
    saved_at: datetime


class Remark(StrEnum):
    """What is said about a draft."""

    COMMENT = "comment"  # about a line, or the whole
    EXPLANATION = "explanation"  # about a hit or disagreement: why it stands
    APPROVAL = "approval"  # about the digest of one version: a second person read it


@dataclass(frozen=True, slots=True)
class Said:
    """One remark. ``about``: a line id, a mark, a digest, or empty for the whole draft."""

    remark_id: int
    kind: Remark
    about: str
    actor: str
    partner: str
    told_at: datetime
    body: str


class Drafts(Store):
    """Drafts, what is said about them, and bright lines."""

    SCHEMAS: ClassVar[tuple[str, ...]] = ("ledger/schema", "ledger/drafts/schema", "ledger/statements/schema")

    def open(
        self,
        incident: str,
        document: Document,
        by: Hand,
        *,
        claim_id: str | None = None,
        follows: str | None = None,
        now: datetime | None = None,
    ) -> Draft:
        """Store a new draft; its id is ``d-`` and eight letters."""
        draft_id = f"d-{secrets.token_hex(4)}"
        values = _version(draft_id, 1, document, by, now or datetime.now(UTC))
        values |= {"incident": incident, "claim_id": claim_id, "follows": follows}
        with self.writing() as connection:
            connection.execute(statement("ledger/drafts/insert"), values)
            self._keep(connection, values)
        return self.draft(draft_id)

    def save(self, seen: Draft, document: Document, by: Hand, *, now: datetime | None = None) -> Draft:
        """Store the next version; the same content as before stores nothing.

        Voids the answers to what was circulated from this draft, in the same transaction. Raises ``StaleVersion``
        when somebody else saved since ``seen``; nothing of theirs is lost, and ``mine`` holds the content refused.
        """
        if to_json(document) == to_json(seen.document):
            return seen
        values = _version(seen.draft_id, seen.version + 1, document, by, now or datetime.now(UTC))
        values |= {"incident": seen.incident, "claim_id": seen.claim_id, "seen": seen.version}
        values["reason"] = "edited"
        with self.writing() as connection:
            moved = connection.execute(statement("ledger/drafts/advance"), values).fetchone()
            if moved:
                self._keep(connection, values)
                self._void(connection, values)
        if not moved:
            theirs = self.draft(seen.draft_id)
            raise StaleVersion(
                f"draft {seen.draft_id}: {theirs.actor} saved version {theirs.version} first; look at both",
                mine=values,
                theirs={"version": theirs.version, "content": to_json(theirs.document)},
                code="draft_saved_since",
                actor=theirs.actor,
                version=theirs.version,
            )
        return self.draft(seen.draft_id)

    def _keep(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> None:
        connection.execute(statement("ledger/drafts/insert_version"), values)
        told = {k: values[k] for k in ("incident", "claim_id", "draft_id", "version", "digest", "partner")}
        self.append(connection, "draft", told, values["actor"], datetime.fromisoformat(values["saved_at"]))

    def _void(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> None:
        told = {**values, "told_at": values["saved_at"]}
        for (name,) in connection.execute(statement("ledger/statements/void_of_draft"), told).fetchall():
            event = {"incident": values["incident"], "claim_id": values["claim_id"], "statement_id": name}
            self.append(
                connection,
                "statement_voided",
                event,
                values["actor"],
                datetime.fromisoformat(told["told_at"]),
            )

    def draft(self, draft_id: str) -> Draft:
        """The latest version of a draft; ``DraftError`` when there is none of this id."""
        found = self._drafts(draft_id=draft_id)
        if not found:
            raise DraftError(f"no draft {draft_id}: it was never stored here", code="draft_unknown")
        return found[0]

    def drafts(self, incident: str, claim_id: str | None = None) -> list[Draft]:
        """Drafts of an incident, perhaps of one claim, the latest touched first."""
        return self._drafts(incident=incident, claim_id=claim_id)

    def _drafts(
        self, *, incident: str | None = None, claim_id: str | None = None, draft_id: str | None = None
    ) -> list[Draft]:
        values = {"incident": incident, "claim_id": claim_id, "draft_id": draft_id}
        return [_draft(row) for row in self.fetch("drafts/of_incident", values)]

    def versions(self, draft_id: str) -> list[Draft]:
        """Every version of a draft, the newest first."""
        return [_draft(row) for row in self.fetch("drafts/versions", {"draft_id": draft_id})]

    # -- remarks -----------------------------------------------------------------------------------------------------

    def remark(
        self,
        draft: Draft,
        kind: Remark,
        by: Hand,
        *,
        about: str = "",
        body: str = "",
        now: datetime | None = None,
    ) -> None:
        """Say something about a draft. Comments and explanations need words."""
        if kind is not Remark.APPROVAL and not body.strip():
            raise DraftError("write what you mean: an empty remark helps nobody", code="remark_empty")
        if len(body) > MAX_NOTE_CHARS:
            raise DraftError(
                f"a remark of {len(body):,} characters: at most {MAX_NOTE_CHARS:,}",
                code="text_long",
                given=len(body),
                most=MAX_NOTE_CHARS,
            )
        moment = now or datetime.now(UTC)
        values = {"draft_id": draft.draft_id, "kind": kind.value, "about": about, "body": body.strip()}
        values |= {"actor": by.actor, "partner": by.partner, "told_at": moment.isoformat()}
        with self.writing() as connection:
            connection.execute(statement("ledger/drafts/insert_remark"), values)
            event = {"incident": draft.incident, "claim_id": draft.claim_id, **values}
            self.append(connection, kind.value, event, by.actor, moment)

    def approve(self, draft: Draft, by: Hand, *, now: datetime | None = None) -> None:
        """A second person read exactly this version. Whoever saved it cannot: two people stand behind a text."""
        if by.actor == draft.actor:
            raise DraftError(
                "you saved this version yourself: somebody else has to approve it", code="approve_own"
            )
        self.remark(draft, Remark.APPROVAL, by, about=draft.digest, now=now)

    def remarks(self, draft_id: str) -> list[Said]:
        """What was said about a draft, oldest first."""
        rows = self.fetch("drafts/remarks", {"draft_id": draft_id})
        return [
            Said(row[0], Remark(row[1]), row[2], row[3], row[4], datetime.fromisoformat(row[5]), row[6])
            for row in rows
        ]

    def explained(self, draft_id: str) -> frozenset[str]:
        """Marks of hits and disagreements that somebody explained."""
        return frozenset(s.about for s in self.remarks(draft_id) if s.kind is Remark.EXPLANATION)

    def approvers(self, draft: Draft) -> tuple[str, ...]:
        """Who approved exactly this version, without the person who saved it."""
        found = (
            s.actor
            for s in self.remarks(draft.draft_id)
            if s.kind is Remark.APPROVAL and s.about == draft.digest
        )
        return tuple(dict.fromkeys(actor for actor in found if actor != draft.actor))

    # -- bright lines ------------------------------------------------------------------------------------------------

    def draw(self, line: BrightLine, by: Hand, *, now: datetime | None = None) -> BrightLine:
        """Store a partner's bright line, new or changed; only that partner's people may."""
        _own(line.partner, by)
        told = checked(line if line.bright_line_id else _renamed(line))
        self._line(told.bright_line_id, told.partner, json.dumps(asdict(told), ensure_ascii=False), by, now)
        return told

    def erase(self, line: BrightLine, by: Hand, *, now: datetime | None = None) -> None:
        """Take a bright line back; its history stays."""
        _own(line.partner, by)
        self._line(line.bright_line_id, line.partner, None, by, now)

    def _line(self, name: str, partner: str, content: str | None, by: Hand, now: datetime | None) -> None:
        moment = now or datetime.now(UTC)
        values = {"bright_line_id": name, "partner": partner, "content": content}
        values |= {"actor": by.actor, "told_at": moment.isoformat()}
        with self.writing() as connection:
            connection.execute(statement("ledger/drafts/insert_bright_line"), values).fetchone()
            self.append(connection, "bright_line", {"incident": "", **values}, by.actor, moment)

    def bright_lines(self) -> list[BrightLine]:
        """Bright lines that stand now, by partner."""
        return [_line_of(json.loads(row[2])) for row in self.fetch("drafts/bright_lines", {})]


def _own(partner: str, by: Hand) -> None:
    if partner != by.partner:
        raise DraftError(
            f"this bright line is {partner}'s: only their people can change it",
            code="bright_line_others",
            partner=partner,
        )


def _renamed(line: BrightLine) -> BrightLine:
    return BrightLine(**{**_fields(line), "bright_line_id": f"b-{secrets.token_hex(4)}"})


def _fields(line: BrightLine) -> dict[str, Any]:
    return {name: getattr(line, name) for name in BrightLine.__dataclass_fields__}


def _line_of(told: dict[str, Any]) -> BrightLine:
    terms = {language: tuple(words) for language, words in told["terms"].items()}
    return BrightLine(**{**told, "terms": terms, "patterns": tuple(told["patterns"])})


def _version(draft_id: str, version: int, document: Document, by: Hand, now: datetime) -> dict[str, Any]:
    return {
        "draft_id": draft_id,
        "version": version,
        "content": to_json(document),
        "digest": digest(document),
        "actor": by.actor,
        "partner": by.partner,
        "saved_at": now.isoformat(),
    }


def _draft(row: Sequence[Any]) -> Draft:
    draft_id, incident, claim_id, follows, version, content, told, actor, partner, saved_at = row
    when = datetime.fromisoformat(saved_at)
    return Draft(
        draft_id, incident, claim_id, follows, version, from_json(content), told, actor, partner, when
    )
