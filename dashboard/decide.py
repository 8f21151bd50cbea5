"""Decisions go to the ledger with the version that the person saw; a stale one is refused and both are kept.

Everything here asks first whether the person may, can be undone, and is published for analysts a moment later.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dashboard import queries
from dashboard.desk import Desk
from dashboard.publishing import REPUBLISHER
from pipeline.errors import StaleVersion
from pipeline.ledger import Event
from pipeline.people import Act
from pipeline.records import MatchRuling, RulingKind, Status, Triage

MAX_REASON_CHARS = 500

Change = Callable[[Triage], Triage]


@dataclass(frozen=True, slots=True)
class Stale:
    """Mine was refused; theirs stands. Neither is lost."""

    mine: Triage
    theirs: Triage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a move on many claims: how many were stored, and on which somebody else was faster."""

    done: int
    stale: tuple[str, ...]


def standing(desk: Desk, claim_id: str) -> Triage:
    """Where the claim stands now; version 0 when nobody touched it."""
    found = desk.ledger().triage(desk.name, claim_id).get(claim_id)
    return found or Triage(incident=desk.name, claim_id=claim_id)


def submit(desk: Desk, file: str, wanted: Triage) -> Triage | Stale:
    """Store ``wanted``; its version is the one that the person saw."""
    desk.require(Act.TRIAGE)
    wanted = replace(wanted, anchor_posts=queries.anchors(file, wanted.claim_id))
    try:
        stored = desk.ledger(write=True).decide(wanted, actor=desk.actor)
    except StaleVersion:
        return Stale(mine=wanted, theirs=standing(desk, wanted.claim_id))
    published_soon(desk)
    return stored


def move_all(desk: Desk, file: str, claims: Sequence[str], change: Change) -> Outcome:
    """Apply ``change`` to each claim as it stands now, in one write that is undone as one."""
    desk.require(Act.TRIAGE)
    there = desk.ledger().triage(desk.name)
    wanted = [
        replace(
            change(there.get(claim) or Triage(desk.name, claim)), anchor_posts=queries.anchors(file, claim)
        )
        for claim in claims
    ]
    stored = desk.ledger(write=True).decide_all(wanted, actor=desk.actor, batch=new_batch())
    published_soon(desk)
    stale = tuple(w.claim_id for w, s in zip(wanted, stored, strict=True) if isinstance(s, StaleVersion))
    return Outcome(len(stored) - len(stale), stale)


def new_batch() -> str:
    """A name for what is done, and undone, together."""
    return secrets.token_hex(6)


def taken(actor: str) -> Change:
    """Into the hands of ``actor``."""
    return lambda seen: replace(seen, status=Status.IN_REVIEW, assignee=actor)


def released(seen: Triage) -> Triage:
    """Out of anybody's hands; what was in review is new again."""
    status = Status.NEW if seen.status is Status.IN_REVIEW else seen.status
    return replace(seen, status=status, assignee=None)


def laid(status: Status) -> Change:
    """Into the lane of ``status``."""
    return lambda seen: replace(seen, status=status)


def rule(desk: Desk, kind: RulingKind, own_post: str, other_post: str, reason: str) -> MatchRuling:
    """Confirm or reject that two posts carry one claim."""
    return rule_all(desk, kind, [(own_post, other_post)], reason)[0]


def rule_all(
    desk: Desk, kind: RulingKind, pairs: Sequence[tuple[str, str]], reason: str, batch: str = ""
) -> list[MatchRuling]:
    """One word on many pairs of posts, undone as one."""
    desk.require(Act.RULE)
    if not pairs:
        return []
    made = desk.ledger(write=True).rule_all(
        desk.name,
        kind,
        pairs,
        actor=desk.actor,
        reason=reason.strip()[:MAX_REASON_CHARS],
        batch=batch or new_batch(),
    )
    published_soon(desk)
    return made


def withdraw(desk: Desk, ruling_ids: Sequence[int]) -> None:
    """Take rulings back."""
    desk.require(Act.RULE)
    desk.ledger(write=True).withdraw(desk.name, ruling_ids, actor=desk.actor)
    published_soon(desk)


def merge(desk: Desk, file: str, claims: Sequence[str], reason: str) -> int:
    """Rule that claims are one, by their exemplars, the first with each other; returns how many rulings it took."""
    exemplars = [card.exemplar_post_id for card in queries.cards(file, tuple(claims))]
    pairs = [(exemplars[0], other) for other in exemplars[1:]]
    return len(rule_all(desk, RulingKind.MUST, pairs, reason))


def split_pairs(leaving: Sequence[str], staying: Sequence[str]) -> list[tuple[str, str]]:
    """Which posts to rule apart so that some wordings leave a claim: each that leaves from each that stays."""
    return [(gone, kept) for gone in leaving for kept in staying]


def undo_last(desk: Desk, file: str, claim_id: str | None = None) -> list[Event]:
    """Take back the last move of this person (on one claim, when given); returns what was undone.

    Empty when there is nothing. Raises ``StaleVersion`` when somebody built upon it.
    """
    desk.require(Act.TRIAGE)
    events = desk.ledger().events(desk.name, most=MOST_EVENTS)
    last = last_move(about(file, claim_id, events) if claim_id else events, desk.actor)
    ledger = desk.ledger(write=True)
    for event in last:
        if event.kind == "triage":
            ledger.undo(desk.name, event.event_id, actor=desk.actor)
    if rulings := [int(event.payload["ruling_id"]) for event in last if event.kind == "ruling"]:
        ledger.withdraw(desk.name, rulings, actor=desk.actor)
    if last:
        published_soon(desk)
    return last


MOST_EVENTS = 500
"""How far back one's own last move is looked for."""


def about(file: str, claim_id: str, events: Sequence[Event]) -> list[Event]:
    """The events on a claim, and those on rulings about its posts."""
    ruled = [event for event in events if event.kind in {"ruling", "withdrawal"}]
    posts = {event.payload[side] for event in ruled for side in ("left_post", "right_post")}
    own = queries.posts_among(file, claim_id, sorted(posts))
    mine = {e.event_id for e in ruled if {e.payload["left_post"], e.payload["right_post"]} & own}
    return [event for event in events if event.claim_id == claim_id or event.event_id in mine]


def last_move(events: Sequence[Event], actor: str) -> list[Event]:
    """What ``actor`` did last and nobody took back: one event, or all of one batch. ``events`` are newest first."""
    undone = {event.payload.get("undoes") for event in events if event.kind == "triage"}
    withdrawn = {event.payload.get("ruling_id") for event in events if event.kind == "withdrawal"}

    def stands(event: Event) -> bool:
        if event.actor != actor or event.payload.get("undoes") is not None:
            return False
        if event.kind == "triage":
            return event.event_id not in undone
        return event.kind == "ruling" and event.payload.get("ruling_id") not in {None, *withdrawn}

    first = next(filter(stands, events), None)
    if first is None:
        return []
    batch = first.payload.get("batch")
    return [e for e in events if stands(e) and e.payload.get("batch") == batch] if batch else [first]


def rulings_by_pair(desk: Desk) -> dict[frozenset[str], MatchRuling]:
    """The ruling that stands for each pair of posts: the latest."""
    return {frozenset((r.left_post, r.right_post)): r for r in desk.ledger().rulings(desk.name)}


def published_soon(desk: Desk) -> None:
    """Analysts read the decision in the warehouse within seconds."""
    REPUBLISHER.ask(desk.data, desk.name)


def changes(event: Event, before: Event | None) -> dict[str, object]:
    """What a decision changed against the one before it: status, rating, assignee, note."""
    old = (
        before.payload
        if before
        else {"status": Status.NEW.value, "note": "", "rating": None, "assignee": None}
    )
    names = ("status", "rating", "assignee", "note")
    return {name: event.payload.get(name) for name in names if event.payload.get(name) != old.get(name)}
