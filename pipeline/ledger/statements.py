"""Statements: a frozen text, what each partner answered to its exact bytes, and what was released under whose name.

Every rule is checked again inside the transaction that writes, so no order of events releases an unconsented text.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.coalition import Coalition, ConsensusRule
from pipeline.correction.consensus import CONSENTING, NO_CONSENSUS, Answer, Phase, Standing, stand
from pipeline.correction.document import Document, from_json, to_json
from pipeline.correction.review import open_points
from pipeline.errors import DraftError, StoreError
from pipeline.ledger.decisions import MAX_NOTE_CHARS
from pipeline.ledger.drafts import Draft, Drafts, Hand
from pipeline.statements import statement


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


class Statements(Drafts):
    """Circulate, answer, release, withdraw."""

    def circulate(
        self, draft: Draft, coalition: Coalition, by: Hand, *, now: datetime | None = None
    ) -> Statement:
        """Freeze this version and ask every partner. Needs no open point and a second person's approval."""
        moment = now or datetime.now(UTC)
        if not coalition.partners:
            raise DraftError(
                "there is no coalition file yet: write data/coalition.toml with the partners first"
            )
        coalition.partner(by.partner)
        points = open_points(draft.document, self.bright_lines(), self.explained(draft.draft_id))
        if points:
            raise DraftError(f"{len(points)} open point(s) keep this text back; settle or explain each first")
        if not self.approvers(draft):
            raise DraftError(
                "nobody but its author has approved this version: ask a second person to read it"
            )
        values = _frozen(draft, coalition, by, moment)
        with self.writing() as connection:
            latest = connection.execute(
                statement("ledger/drafts/of_incident"),
                {"incident": None, "claim_id": None, "draft_id": draft.draft_id},
            ).fetchone()
            if latest[4] != draft.version:
                raise DraftError(f"version {latest[4]} was saved since: read it before it is circulated")
            taken = connection.execute(statement("ledger/statements/of_version"), values).fetchone()
            if taken:
                raise DraftError(f"this version is in circulation already, as statement {taken[0]}")
            connection.execute(statement("ledger/statements/insert"), values)
            told = {
                k: values[k]
                for k in ("incident", "claim_id", "statement_id", "draft_id", "digest", "deadline_at")
            }
            self.append(connection, "statement", told, by.actor, moment)
        return self.statement(values["statement_id"])

    def answer(
        self,
        seen: Statement,
        answer: Answer,
        by: Hand,
        *,
        reason: str = "",
        now: datetime | None = None,
    ) -> None:
        """Record a partner's answer to the bytes it was shown; a later answer of the same partner replaces it."""
        moment = now or datetime.now(UTC)
        if by.partner not in seen.partners:
            raise DraftError(
                f"{by.partner or 'nobody'} was not asked: only {', '.join(seen.partners)} answer"
            )
        if answer in (Answer.BLOCK, Answer.RESERVATIONS) and not reason.strip():
            raise DraftError("say why: a block or a reservation without a reason cannot be answered")
        if len(reason) > MAX_NOTE_CHARS:
            raise DraftError(f"a reason of {len(reason):,} characters: at most {MAX_NOTE_CHARS:,}")
        values = {"statement_id": seen.statement_id, "digest": seen.digest, "partner": by.partner}
        values |= {"answer": answer.value, "reason": reason.strip(), "actor": by.actor}
        values["told_at"] = moment.isoformat()
        with self.writing() as connection:
            held = self._held(connection, seen.statement_id)
            self._still_open(connection, held)
            if held.digest != seen.digest:
                raise DraftError(
                    "the text is not the one that you were shown: reload the page and read it again"
                )
            connection.execute(statement("ledger/statements/insert_answer"), values)
            event = {"incident": held.incident, "claim_id": held.claim_id, **values}
            self.append(connection, "sign_off", event, by.actor, moment)

    def release(self, seen: Statement, by: Hand, *, now: datetime | None = None) -> Release:
        """Release what all agreed to, as the coalition; refused unless the rule is met at this moment."""
        moment = now or datetime.now(UTC)
        with self.writing() as connection:
            held = self._held(connection, seen.statement_id)
            self._still_open(connection, held)
            standing = _standing(held, self._answers(connection, held), moment)
            if standing.phase is not Phase.AGREED:
                raise DraftError(
                    f"there is no consensus on {held.statement_id}: it is {standing.phase.value}"
                )
            if by.partner not in held.partners:
                raise DraftError(f"{by.partner or 'nobody'} is none of the partners that signed")
            return self._release(connection, held, None, standing.consenting, by, moment)

    def release_alone(self, seen: Statement, by: Hand, *, now: datetime | None = None) -> Release:
        """Release under one partner's own name, where there is no consensus and that partner consented."""
        moment = now or datetime.now(UTC)
        with self.writing() as connection:
            held = self._held(connection, seen.statement_id)
            self._still_open(connection, held)
            answers = self._answers(connection, held)
            standing = _standing(held, answers, moment)
            if standing.phase not in NO_CONSENSUS:
                raise DraftError(
                    f"{held.statement_id} is {standing.phase.value}: speak together, or wait for the others"
                )
            given = answers.get(by.partner)
            if given is None or given.answer not in CONSENTING:
                raise DraftError(f"{by.partner or 'nobody'} has not consented to this text: answer it first")
            return self._release(connection, held, by.partner, (by.partner,), by, moment)

    def withdraw(self, release: Release, by: Hand, reason: str, *, now: datetime | None = None) -> Release:
        """Take a release back, visibly: it stays on record with the reason. Any signer may."""
        moment = now or datetime.now(UTC)
        if by.partner not in release.signers:
            raise DraftError(
                f"{by.partner or 'nobody'} did not sign {release.release_id} and cannot take it back"
            )
        if not reason.strip():
            raise DraftError("say why it is withdrawn: readers are told")
        values = {"release_id": release.release_id, "reason": reason.strip()[:MAX_NOTE_CHARS]}
        values |= {"actor": by.actor, "told_at": moment.isoformat()}
        with self.writing() as connection:
            row = connection.execute(
                statement("ledger/statements/releases"), _only(release_id=release.release_id)
            )
            if _release(row.fetchone()).withdrawn_at:
                raise DraftError(f"{release.release_id} is withdrawn already")
            connection.execute(statement("ledger/statements/insert_withdrawal"), values)
            event = {"incident": release.incident, "claim_id": release.claim_id, **values}
            self.append(connection, "withdrawal", event, by.actor, moment)
        return self.releases(release_id=release.release_id)[0]

    # -- reading -----------------------------------------------------------------------------------------------------

    def statement(self, statement_id: str) -> Statement:
        """The statement of this id; ``DraftError`` when there is none."""
        rows = self.fetch("statements/of_incident", {"incident": None, "statement_id": statement_id})
        if not rows:
            raise DraftError(f"no statement {statement_id}: it was never circulated here")
        return _statement(rows[0])

    def statements(self, incident: str | None = None) -> list[Statement]:
        """Statements of an incident, or all, the latest first."""
        rows = self.fetch("statements/of_incident", {"incident": incident, "statement_id": None})
        return [_statement(row) for row in rows]

    def answers(self, held: Statement) -> dict[str, Given]:
        """The last answer of each partner."""
        with self.connect() as connection:
            return self._answers(connection, held)

    def standing(self, held: Statement, now: datetime | None = None) -> Standing:
        """Where a statement stands at ``now``."""
        return _standing(held, self.answers(held), now or datetime.now(UTC))

    def stood(self, held: Statement, moment: datetime) -> Standing:
        """Where a statement stood at ``moment``: answers that came later are not known to it."""
        with self.connect() as connection:
            return _standing(held, self._answers(connection, held, moment), moment)

    def releases(
        self, incident: str | None = None, *, release_id: str | None = None, statement_id: str | None = None
    ) -> list[Release]:
        """Releases of an incident, the latest first; withdrawn ones too."""
        wanted = _only(incident=incident, release_id=release_id, statement_id=statement_id)
        return [_release(row) for row in self.fetch("statements/releases", wanted)]

    # -- inside a transaction ----------------------------------------------------------------------------------------

    def _held(self, connection: sqlite3.Connection, statement_id: str) -> Statement:
        wanted = {"incident": None, "statement_id": statement_id}
        row = connection.execute(statement("ledger/statements/of_incident"), wanted).fetchone()
        if row is None:
            raise DraftError(f"no statement {statement_id}: it was never circulated here")
        return _statement(row)

    def _answers(
        self, connection: sqlite3.Connection, held: Statement, until: datetime | None = None
    ) -> dict[str, Given]:
        rows = connection.execute(statement("ledger/statements/answers"), {"statement_id": held.statement_id})
        given = [one for row in rows if (one := _given(row)).digest == held.digest]
        return {one.partner: one for one in given if until is None or one.told_at <= until}

    def _still_open(self, connection: sqlite3.Connection, held: Statement) -> None:
        if held.voided_at:
            raise DraftError(
                f"{held.voided_by} edited the text at {held.voided_at:%H:%M}Z: the answers are void"
            )
        wanted = _only(statement_id=held.statement_id)
        rows = connection.execute(statement("ledger/statements/releases"), wanted).fetchall()
        if any(row[6] is None for row in rows):
            raise DraftError(f"{held.statement_id} is released already")

    def _release(
        self,
        connection: sqlite3.Connection,
        held: Statement,
        as_partner: str | None,
        signers: Sequence[str],
        by: Hand,
        moment: datetime,
    ) -> Release:
        if hashlib.sha256(held.content.encode("utf-8")).hexdigest() != held.digest:
            raise StoreError(
                f"statement {held.statement_id} is not what was consented to: restore the backup"
            )
        taken = connection.execute(
            statement("ledger/statements/releases"), _only(statement_id=held.statement_id)
        ).fetchall()
        if any(row[6] == as_partner for row in taken):
            raise DraftError(f"{held.statement_id} is released under this name already")
        values: dict[str, str | None] = {"release_id": f"r-{secrets.token_hex(4)}", "as_partner": as_partner}
        values |= {"statement_id": held.statement_id, "signers": json.dumps(list(signers))}
        values |= {"actor": by.actor, "told_at": moment.isoformat()}
        connection.execute(statement("ledger/statements/insert_release"), values)
        event = {"incident": held.incident, "claim_id": held.claim_id, "digest": held.digest, **values}
        self.append(connection, "release", event, by.actor, moment)
        wanted = _only(release_id=values["release_id"])
        return _release(connection.execute(statement("ledger/statements/releases"), wanted).fetchone())


def _only(**wanted: str | None) -> dict[str, str | None]:
    return {"incident": None, "release_id": None, "statement_id": None, **wanted}


def _standing(held: Statement, answers: Mapping[str, Given], now: datetime) -> Standing:
    told = {partner: given.answer for partner, given in answers.items()}
    return stand(held.rule, held.partners, held.author_partner, told, deadline=held.deadline_at, now=now)


def _frozen(draft: Draft, coalition: Coalition, by: Hand, now: datetime) -> dict[str, Any]:
    deadline = now + timedelta(minutes=coalition.rule.deadline_minutes)
    return {
        "statement_id": f"s-{secrets.token_hex(4)}",
        "draft_id": draft.draft_id,
        "draft_version": draft.version,
        "incident": draft.incident,
        "claim_id": draft.claim_id,
        "digest": draft.digest,
        "content": to_json(draft.document),
        "author_partner": draft.partner,
        "partners": json.dumps([partner.id for partner in coalition.partners]),
        "rule": json.dumps(asdict(coalition.rule), sort_keys=True),
        "actor": by.actor,
        "told_at": now.isoformat(),
        "deadline_at": deadline.isoformat(),
    }


def _statement(row: Sequence[Any]) -> Statement:
    told = dict(zip(_STATEMENT, row, strict=True))
    rule = json.loads(told["rule"])
    told["rule"] = ConsensusRule(**{**rule, "reminder_minutes": tuple(rule["reminder_minutes"])})
    told["partners"] = tuple(json.loads(told["partners"]))
    return Statement(**_timed(told, "circulated_at", "deadline_at", "voided_at"))


def _timed(told: dict[str, Any], *names: str) -> dict[str, Any]:
    """``told`` with these columns read as times; one that is absent stays so."""
    return told | {name: datetime.fromisoformat(told[name]) for name in names if told[name]}


def _given(row: Sequence[Any]) -> Given:
    partner, answer, reason, actor, told_at, told_digest = row
    return Given(partner, Answer(answer), reason, actor, datetime.fromisoformat(told_at), told_digest)


def _release(row: Sequence[Any]) -> Release:
    told = dict(zip(_RELEASE, row, strict=True))
    told["signers"] = tuple(json.loads(told["signers"]))
    return Release(**_timed(told, "told_at", "withdrawn_at"))
