"""Merges and splits that people ruled and no run has carried out yet, laid over the groups that are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.records import MatchRuling, RulingKind


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a post stands in the list."""

    rank: int
    claim_id: str


@dataclass(frozen=True, slots=True)
class Pending:
    """What the published groups do not show yet."""

    lead_of: Mapping[str, str] = field(default_factory=dict)
    """The claim under which each merged claim is listed: the best ranked of those that merge."""
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What is listed under each lead."""
    split: Mapping[str, int] = field(default_factory=dict)
    """How many pairs of posts inside each claim were ruled apart."""

    @property
    def folded(self) -> frozenset[str]:
        """Claims that have no row of their own any more."""
        return frozenset(self.lead_of)

    def together(self, claim_id: str) -> tuple[str, ...]:
        """Every claim that merges with this one, itself among them, the lead first."""
        lead = self.lead_of.get(claim_id, claim_id)
        return (lead, *self.merged.get(lead, ()))


NOTHING = Pending()


def ruled_posts(rulings: Sequence[MatchRuling]) -> list[str]:
    """The posts that rulings speak about, sorted."""
    return sorted({post for r in rulings for post in (r.left_post, r.right_post)})


def fold(rulings: Sequence[MatchRuling], places: Mapping[str, Place]) -> Pending:
    """What ``rulings`` (oldest first) ask for beyond the groups in which ``places`` has their posts.

    A later ruling on a pair overrides an earlier one; posts without a place are passed over.
    """
    latest = {frozenset((r.left_post, r.right_post)): r for r in rulings}.values()
    joins, split = [], dict[str, int]()
    for ruling in latest:
        left, right = places.get(ruling.left_post), places.get(ruling.right_post)
        if left is None or right is None:
            continue
        if ruling.kind is RulingKind.MUST and left != right:
            joins.append((left, right))
        elif ruling.kind is RulingKind.MUST_NOT and left == right:
            split[left.claim_id] = split.get(left.claim_id, 0) + 1
    leads = _leads(joins)
    merged: dict[str, list[Place]] = {}
    for claim, lead in leads.items():
        merged.setdefault(lead.claim_id, []).append(claim)
    lists = {lead: tuple(c.claim_id for c in sorted(claims)) for lead, claims in merged.items()}
    return Pending({claim.claim_id: lead.claim_id for claim, lead in leads.items()}, lists, split)


def _leads(joins: list[tuple[Place, Place]]) -> dict[Place, Place]:
    """The best ranked claim that each other one is joined with, directly or through others."""
    lead: dict[Place, Place] = {}

    def top(claim: Place) -> Place:
        while claim in lead:
            claim = lead[claim]
        return claim

    for left, right in joins:
        best, other = sorted((top(left), top(right)))
        if best != other:
            lead[other] = best
    return {claim: top(claim) for claim in lead}
