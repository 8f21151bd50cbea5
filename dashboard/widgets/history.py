"""Who did what with a claim, newest first: decisions and rulings in one list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.decide import changes, rulings_of
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.words import Words
from pipeline.ledger import Event

MOST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One entry: headline, what changed in words, and the note or reason that came with it."""

    when: datetime
    headline: str
    details: tuple[str, ...]
    note: str


def history(desk: Desk, file: str, claim_id: str) -> None:
    """The list on the claim page."""
    events = desk.ledger().events(desk.name, claim_id, MOST)
    older = [*events[1:], None][: len(events)]
    lines = [_decided(desk.words, e, before) for e, before in zip(events, older, strict=True)]
    lines += [
        Line(r.decided_at, desk.words(f"history.{r.kind.value}", actor=r.actor), (), r.reason)
        for r in rulings_of(desk, file, claim_id)
    ]
    lines.sort(key=lambda line: line.when, reverse=True)
    show("history", words=desk.words, clock=desk.now(), lines=lines[:MOST])


def _decided(words: Words, event: Event, before: Event | None) -> Line:
    changed = changes(event, before)
    note = str(changed.pop("note", "") or "")
    told = [_told(words, name, value) for name, value in changed.items()]
    if "note" in changes(event, before) and not note:
        told.append(words("history.note_removed"))
    if not told and not note:
        told.append(words("history.no_change"))
    return Line(event.decided_at, words("history.triage", actor=event.actor), tuple(told), note)


def _told(words: Words, name: str, value: object) -> str:
    if value is None:
        return words("history.released" if name == "assignee" else "history.taken_off")
    shown = str(value) if name == "assignee" else words.of(name, str(value))
    return words(f"history.set_{name}", value=shown)
