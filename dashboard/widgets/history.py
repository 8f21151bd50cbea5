"""Who did what with a claim, newest first: decisions, rulings, what was undone, notes and evidence in one list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard import queries
from dashboard.decide import changes
from dashboard.desk import Desk
from dashboard.ratings import rating_words
from dashboard.render import show
from pipeline.ledger import Event

MOST = 200
ADDED = ("note", "evidence", "assessment", "known_review", "set_aside", "taken_back", "reveal")


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
    lines = [*_decisions(desk, [e for e in events if e.kind == "triage"]), *_rulings(desk, file, claim_id)]
    lines += [_added(desk, event) for event in events if event.kind in ADDED]
    lines.sort(key=lambda line: line.when, reverse=True)
    show("history", words=desk.words, clock=desk.now(), lines=lines[:MOST])


def _decisions(desk: Desk, events: Sequence[Event]) -> list[Line]:
    older = [*events[1:], None][: len(events)]
    return [_decided(desk, event, before) for event, before in zip(events, older, strict=True)]


def _decided(desk: Desk, event: Event, before: Event | None) -> Line:
    words = desk.words
    changed = changes(event, before)
    note = str(changed.get("note") or "")
    told = [_told(desk, name, value) for name, value in changed.items() if name != "note"]
    if "note" in changed and not note:
        told.append(words("history.note_removed"))
    if not told and not note:
        told.append(words("history.no_change"))
    key = "history.triage" if event.payload.get("undoes") is None else "undone.triage"
    return Line(event.decided_at, words(key, actor=desk.name_of(event.actor)), tuple(told), note)


def _told(desk: Desk, name: str, value: object) -> str:
    words = desk.words
    if value is None:
        return words("history.released" if name == "assignee" else "history.taken_off")
    if name == "assignee":
        return words("history.set_assignee", value=desk.name_of(str(value)))
    shown = rating_words(desk)(str(value)) if name == "rating" else words.of(name, str(value))
    return words(f"history.set_{name}", value=shown)


def _rulings(desk: Desk, file: str, claim_id: str) -> list[Line]:
    """Rulings about posts of the claim, also those that were withdrawn."""
    rulings = desk.ledger().all_rulings(desk.name)
    posts = sorted({post for r, _ in rulings for post in (r.left_post, r.right_post)})
    own = queries.posts_among(file, claim_id, posts)
    lines = []
    for ruling, withdrawn in rulings:
        if ruling.left_post not in own and ruling.right_post not in own:
            continue
        told = desk.words(f"history.{ruling.kind.value}", actor=desk.name_of(ruling.actor))
        by = desk.name_of(withdrawn.actor) if withdrawn else ""
        details = (desk.words("ruling.withdrawn", actor=by),) if withdrawn else ()
        lines.append(Line(ruling.decided_at, told, details, ruling.reason))
        if withdrawn:
            lines.append(Line(withdrawn.when, desk.words("undone.ruling", actor=by), (), ""))
    return lines


def _added(desk: Desk, event: Event) -> Line:
    """Something that stands elsewhere on the page: who and when is enough."""
    told = desk.words(f"added.{event.kind}", actor=desk.name_of(event.actor))
    return Line(event.decided_at, told, (), "")
