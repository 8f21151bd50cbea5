"""Decisions go to the ledger with the version that the person saw; a stale one is refused and both are kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboard import queries
from dashboard.desk import Desk
from pipeline.errors import StaleVersion
from pipeline.ledger import Event
from pipeline.records import MatchRuling, RulingKind, Status, Triage


@dataclass(frozen=True, slots=True)
class Stale:
    """Mine was refused; theirs stands. Neither is lost."""

    mine: Triage
    theirs: Triage


def standing(desk: Desk, claim_id: str) -> Triage:
    """Where the claim stands now; version 0 when nobody touched it."""
    found = desk.ledger().triage(desk.name, claim_id).get(claim_id)
    return found or Triage(incident=desk.name, claim_id=claim_id)


def submit(desk: Desk, file: str, wanted: Triage) -> Triage | Stale:
    """Store ``wanted``; its version is the one that the person saw."""
    wanted = replace(wanted, anchor_posts=queries.anchors(file, wanted.claim_id))
    try:
        return desk.ledger(write=True).decide(wanted, actor=desk.actor)
    except StaleVersion:
        return Stale(mine=wanted, theirs=standing(desk, wanted.claim_id))


def taken(seen: Triage, actor: str) -> Triage:
    """``seen``, now in the hands of ``actor``."""
    return replace(seen, status=Status.IN_REVIEW, assignee=actor)


def rule(desk: Desk, kind: RulingKind, own_post: str, other_post: str, reason: str) -> MatchRuling:
    """Confirm or reject that two posts carry one claim."""
    return desk.ledger(write=True).rule(
        desk.name, kind, own_post, other_post, actor=desk.actor, reason=reason.strip()[:500]
    )


def rulings_by_pair(desk: Desk) -> dict[frozenset[str], MatchRuling]:
    """The ruling that stands for each pair of posts: the latest."""
    return {frozenset((r.left_post, r.right_post)): r for r in desk.ledger().rulings(desk.name)}


def rulings_of(desk: Desk, file: str, claim_id: str) -> list[MatchRuling]:
    """Rulings about posts of a claim, newest first."""
    rulings = desk.ledger().rulings(desk.name)
    posts = sorted({post for r in rulings for post in (r.left_post, r.right_post)})
    own = queries.posts_among(file, claim_id, posts)
    return [r for r in reversed(rulings) if r.left_post in own or r.right_post in own]


def changes(event: Event, before: Event | None) -> dict[str, object]:
    """What a decision changed against the one before it: status, rating, assignee, note."""
    old = (
        before.payload
        if before
        else {"status": Status.NEW.value, "note": "", "rating": None, "assignee": None}
    )
    names = ("status", "rating", "assignee", "note")
    return {name: event.payload.get(name) for name in names if event.payload.get(name) != old.get(name)}
