"""What people do to drafts and statements: each act is checked, and applied to the latest version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.desk import Desk
from pipeline.correction.document import Document, write
from pipeline.correction.templates import begin
from pipeline.errors import StaleVersion
from pipeline.ledger.drafts import Draft, Hand
from pipeline.ledger.statements import Statements
from pipeline.people import Act

TRIES = 5
"""How often an edit is applied again when others save in the same moment."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two people wrote the same text: mine was not stored, theirs stands, neither is lost."""

    draft_id: str
    line_id: str
    language: str
    mine: str
    theirs: str
    actor: str


def room(desk: Desk, *, write: bool = False) -> Statements:
    """Drafts and statements; opened per call."""
    return Statements(desk.data.ledger, read_only=not write)


def hand(desk: Desk, act: Act) -> Hand:
    """Whose hand acts, after the last check that it may."""
    desk.require(act)
    return Hand(desk.actor, desk.partner or "")


def start(desk: Desk, situation: str, claim_id: str | None, follows: str | None = None) -> Draft:
    """A new draft from the situation's template."""
    by = hand(desk, Act.DRAFT)
    return room(desk, write=True).open(desk.name, begin(situation), by, claim_id=claim_id, follows=follows)


def change(desk: Desk, draft_id: str, edit: Callable[[Document], Document]) -> Draft:
    """Apply ``edit`` to the latest version: what others saved meanwhile stays."""
    by, ledger = hand(desk, Act.DRAFT), room(desk, write=True)
    for _ in range(TRIES):
        latest = ledger.draft(draft_id)
        try:
            return ledger.save(latest, edit(latest.document), by)
        except StaleVersion as error:
            stale = error
    raise stale


def write_text(desk: Desk, seen: Draft, line_id: str, language: str, text: str) -> Clash | None:
    """Store one text as it was typed; a ``Clash`` when somebody else changed that very text meanwhile."""
    latest = room(desk).draft(seen.draft_id)
    before = seen.document.line(line_id).texts.get(language, "")
    theirs = latest.document.line(line_id).texts.get(language, "")
    if theirs not in (before, " ".join(text.split())):
        return Clash(seen.draft_id, line_id, language, text, theirs, latest.actor)
    change(desk, seen.draft_id, lambda document: write(document, line_id, language, text))
    return None
