"""The ledger's rooms as tables, as of now: what analysts find beside the derived tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipeline import tables as t
from pipeline.ledger.known import Known, KnownBook
from pipeline.ledger.statements import Release, Statement, Statements


def statement_tables(ledger: Path, incident: str) -> dict[str, pa.Table]:
    """Statements, the last answers to them, and releases of an incident."""
    room = Statements(ledger, read_only=True)
    held = room.statements(incident)
    answers = [
        {"statement_id": s.statement_id, "partner": g.partner, "answer": g.answer.value, "reason": g.reason}
        | {"actor": g.actor, "decided_at": g.told_at}
        for s in held
        for g in room.answers(s).values()
    ]
    return {
        t.STATEMENTS.name: t.STATEMENTS.from_rows([_statement(s) for s in held]),
        t.SIGN_OFFS.name: t.SIGN_OFFS.from_rows(answers),
        t.RELEASES.name: t.RELEASES.from_rows([_release(r) for r in room.releases(incident)]),
    }


def review_words(ledger: Path, incident: str) -> pa.Table:
    """What people said about published reviews of an incident's claims."""
    standing = KnownBook(ledger, read_only=True).of(incident).values()
    return t.REVIEW_WORDS.from_rows([_word(known) for known in sorted(standing, key=lambda k: k.event_id)])


def _word(known: Known) -> dict[str, object]:
    review = known.review
    return {name: getattr(known, name, None) for name in t.REVIEW_WORDS.schema.names} | {
        "is_same": known.same,
        "publisher": review.get("publisher") or review.get("site"),
        "rating": review.get("rating"),
    }


def _statement(held: Statement) -> dict[str, object]:
    document = held.document
    return {name: getattr(held, name, None) for name in t.STATEMENTS.schema.names} | {
        "title": document.title("en") or document.title(document.languages[0]),
        "rating": document.rating,
        "languages": list(document.languages),
    }


def _release(out: Release) -> dict[str, object]:
    row = {name: getattr(out, name, None) for name in t.RELEASES.schema.names}
    return row | {"signers": list(out.signers), "released_at": out.told_at}
