"""Statements: a frozen text, what each partner answered to its exact bytes, and what was released under whose name.

Every rule is checked again inside the transaction that writes, so no order of events releases an unconsented text.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.coalition import Coalition
from pipeline.correction.consensus import CONSENTING, NO_CONSENSUS, Answer, Phase, Standing, stand
from pipeline.correction.document import to_json
from pipeline.correction.review import open_points
from pipeline.errors import DraftError, StoreError
from pipeline.ledger.decisions import MAX_NOTE_CHARS
from pipeline.ledger.drafts import Draft, Drafts, Hand
from pipeline.ledger.statement_rows import Given, Release, Statement, given_of, release_of, statement_of
from pipeline.statements import statement

__all__ = ["Given", "Release", "Statement", "Statements"]


class Statements(Drafts):
    """Circulate, answer, release, withdraw."""

    def circulate(
        self, draft: Draft, coalition: Coalition, by: Hand, *, now: datetime | None = None
    ) -> Statement:
        """Freeze this version and ask every partner. Needs no open point and a second person's approval."""
        moment = now or datetime.now(UTC)
        if not coalition.partners:
            raise DraftError(
                "there is no coalition file yet: write data/coalition.toml with the partners first",
                code="no_coalition",
            )
        coalition.partner(by.partner)
        points = open_points(draft.document, self.bright_lines(), self.explained(draft.draft_id))
        if points:
            raise DraftError(
                f"{len(points)} open point(s) keep this text back; settle or explain each first",
                code="points_open",
                given=len(points),
            )
        if not self.approvers(draft):
            raise DraftError(
                "nobody but its author has approved this version: ask a second person to read it",
                code="not_approved",
            )
        values = _frozen(draft, coalition, by, moment)
        with self.writing() as connection:
            latest = connection.execute(
                statement("ledger/drafts/of_incident"),
                {"incident": None, "claim_id": None, "draft_id": draft.draft_id},
            ).fetchone()
            if latest[4] != draft.version:
                raise DraftError(
                    f"version {latest[4]} was saved since: read it before it is circulated",
                    code="version_since",
                    version=latest[4],
                )
            taken = connection.execute(statement("ledger/statements/of_version"), values).fetchone()
            if taken:
                raise DraftError(
                    f"this version is in circulation already, as statement {taken[0]}",
                    code="circulates_already",
                )
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
                f"{by.partner or 'nobody'} was not asked: only {', '.join(seen.partners)} answer",
                code="not_asked",
                partner=by.partner,
                partners=seen.partners,
            )
        if answer in (Answer.BLOCK, Answer.RESERVATIONS) and not reason.strip():
            raise DraftError(
                "say why: a block or a reservation without a reason cannot be answered", code="reason_needed"
            )
        if len(reason) > MAX_NOTE_CHARS:
            raise DraftError(
                f"a reason of {len(reason):,} characters: at most {MAX_NOTE_CHARS:,}",
                code="text_long",
                given=len(reason),
                most=MAX_NOTE_CHARS,
            )
        values = {"statement_id": seen.statement_id, "digest": seen.digest, "partner": by.partner}
        values |= {"answer": answer.value, "reason": reason.strip(), "actor": by.actor}
        values["told_at"] = moment.isoformat()
        with self.writing() as connection:
            held = self._held(connection, seen.statement_id)
            self._still_open(connection, held)
            if held.digest != seen.digest:
                raise DraftError(
                    "the text is not the one that you were shown: reload the page and read it again",
                    code="text_changed",
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
                    f"there is no consensus on {held.statement_id}: it is {standing.phase.value}",
                    code="no_consensus",
                    phase=standing.phase.value,
                )
            if by.partner not in held.partners:
                raise DraftError(
                    f"{by.partner or 'nobody'} is none of the partners that signed",
                    code="not_a_signer",
                    partner=by.partner,
                )
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
                    f"{held.statement_id} is {standing.phase.value}: speak together, or wait for the others",
                    code="not_alone",
                    phase=standing.phase.value,
                )
            given = answers.get(by.partner)
            if given is None or given.answer not in CONSENTING:
                raise DraftError(
                    f"{by.partner or 'nobody'} has not consented to this text: answer it first",
                    code="not_consented",
                    partner=by.partner,
                )
            return self._release(connection, held, by.partner, (by.partner,), by, moment)

    def withdraw(self, release: Release, by: Hand, reason: str, *, now: datetime | None = None) -> Release:
        """Take a release back, visibly: it stays on record with the reason. Any signer may."""
        moment = now or datetime.now(UTC)
        if by.partner not in release.signers:
            raise DraftError(
                f"{by.partner or 'nobody'} did not sign {release.release_id} and cannot take it back",
                code="not_a_signer",
                partner=by.partner,
            )
        if not reason.strip():
            raise DraftError("say why it is withdrawn: readers are told", code="withdrawal_reason")
        values = {"release_id": release.release_id, "reason": reason.strip()[:MAX_NOTE_CHARS]}
        values |= {"actor": by.actor, "told_at": moment.isoformat()}
        with self.writing() as connection:
            row = connection.execute(
                statement("ledger/statements/releases"), _only(release_id=release.release_id)
            )
            if release_of(row.fetchone()).withdrawn_at:
                raise DraftError(f"{release.release_id} is withdrawn already", code="withdrawn_already")
            connection.execute(statement("ledger/statements/insert_withdrawal"), values)
            event = {"incident": release.incident, "claim_id": release.claim_id, **values}
            self.append(connection, "withdrawal", event, by.actor, moment)
        return self.releases(release_id=release.release_id)[0]

    # -- reading -----------------------------------------------------------------------------------------------------

    def statement(self, statement_id: str) -> Statement:
        """The statement of this id; ``DraftError`` when there is none."""
        rows = self.fetch("statements/of_incident", {"incident": None, "statement_id": statement_id})
        if not rows:
            raise DraftError(
                f"no statement {statement_id}: it was never circulated here", code="statement_unknown"
            )
        return statement_of(rows[0])

    def statements(self, incident: str | None = None) -> list[Statement]:
        """Statements of an incident, or all, the latest first."""
        rows = self.fetch("statements/of_incident", {"incident": incident, "statement_id": None})
        return [statement_of(row) for row in rows]

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
        return [release_of(row) for row in self.fetch("statements/releases", wanted)]

    # -- inside a transaction ----------------------------------------------------------------------------------------

    def _held(self, connection: sqlite3.Connection, statement_id: str) -> Statement:
        wanted = {"incident": None, "statement_id": statement_id}
        row = connection.execute(statement("ledger/statements/of_incident"), wanted).fetchone()
        if row is None:
            raise DraftError(
                f"no statement {statement_id}: it was never circulated here", code="statement_unknown"
            )
        return statement_of(row)

    def _answers(
        self, connection: sqlite3.Connection, held: Statement, until: datetime | None = None
    ) -> dict[str, Given]:
        rows = connection.execute(statement("ledger/statements/answers"), {"statement_id": held.statement_id})
        given = [one for row in rows if (one := given_of(row)).digest == held.digest]
        return {one.partner: one for one in given if until is None or one.told_at <= until}

    def _still_open(self, connection: sqlite3.Connection, held: Statement) -> None:
        if held.voided_at:
            raise DraftError(
                f"{held.voided_by} edited the text at {held.voided_at:%H:%M}Z: the answers are void",
                code="voided",
                actor=held.voided_by,
                when=held.voided_at,
            )
        wanted = _only(statement_id=held.statement_id)
        rows = connection.execute(statement("ledger/statements/releases"), wanted).fetchall()
        if any(row[6] is None for row in rows):
            raise DraftError(f"{held.statement_id} is released already", code="released_already")

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
                f"statement {held.statement_id} is not what was consented to: restore the backup",
                code="not_consented_bytes",
            )
        taken = connection.execute(
            statement("ledger/statements/releases"), _only(statement_id=held.statement_id)
        ).fetchall()
        if any(row[6] == as_partner for row in taken):
            raise DraftError(
                f"{held.statement_id} is released under this name already", code="released_already"
            )
        values: dict[str, str | None] = {"release_id": f"r-{secrets.token_hex(4)}", "as_partner": as_partner}
        values |= {"statement_id": held.statement_id, "signers": json.dumps(list(signers))}
        values |= {"actor": by.actor, "told_at": moment.isoformat()}
        connection.execute(statement("ledger/statements/insert_release"), values)
        event = {"incident": held.incident, "claim_id": held.claim_id, "digest": held.digest, **values}
        self.append(connection, "release", event, by.actor, moment)
        wanted = _only(release_id=values["release_id"])
        return release_of(connection.execute(statement("ledger/statements/releases"), wanted).fetchone())


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
