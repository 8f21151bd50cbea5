"""People's word on whether a published review is about a claim; what they saw is kept with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.errors import StoreError
from pipeline.ledger.items import Items
from pipeline.ledger.store import Event

MAX_REASON_CHARS = 500


@dataclass(frozen=True, slots=True)
class Known:
    """One person's word on one claim and one review."""

    event_id: int
    claim_id: str
    review_id: str
    same: bool
    """Whether it is about the claim; ``False`` puts the suggestion aside."""
    actor: str
    decided_at: datetime
    reason: str
    review: Mapping[str, Any]
    """The review as it was shown: publisher, rating, address, ready text."""
    status_before: str | None
    """The lane that the claim left when it was confirmed."""

    def is_outdated(self, rating: str | None) -> bool:
        """Whether a claim rests on a verdict that its publisher has changed to ``rating`` since."""
        return self.same and self.review.get("rating") != rating


class KnownBook(Items):
    """Reads and appends; the last word that stands on a pair counts."""

    KIND = "known_review"

    def rule(
        self,
        incident: str,
        claim_id: str,
        review: Mapping[str, Any],
        *,
        same: bool,
        actor: str,
        reason: str = "",
        status_before: str | None = None,
    ) -> int:
        """Append a word and return its number; ``review`` has at least ``review_id``."""
        if not review.get("review_id") or len(reason) > MAX_REASON_CHARS:
            raise StoreError(
                f"a word on a review names it and has at most {MAX_REASON_CHARS} characters of reason",
                code="review_word",
                most=MAX_REASON_CHARS,
            )
        values = {"review": dict(review), "same": same, "reason": reason.strip()}
        return self.put(incident, claim_id, {**values, "status_before": status_before}, actor=actor)

    def of(self, incident: str, claim_id: str | None = None) -> dict[tuple[str, str], Known]:
        """What stands, by claim and review, oldest first."""
        found: dict[tuple[str, str], Known] = {}
        for event in self.standing(incident, claim_id):
            known = _known(event)
            found.pop((known.claim_id, known.review_id), None)
            found[known.claim_id, known.review_id] = known
        return found


def outdated(
    ledger: Path, incidents: Iterable[str], ratings: Mapping[str, str | None]
) -> dict[str, list[str]]:
    """By review: claims (``incident/claim``) that were confirmed when it had another verdict than in ``ratings``."""
    book, found = KnownBook(ledger, read_only=True), dict[str, list[str]]()
    for incident in incidents:
        for (claim, review), known in book.of(incident).items():
            if review in ratings and known.is_outdated(ratings[review]):
                found.setdefault(review, []).append(f"{incident}/{claim}")
    return found


def gone(
    ledger: Path, incidents: Iterable[str], present: Collection[str]
) -> dict[str, list[tuple[str, Known]]]:
    """By review that is not ``present``: claims (``incident/claim``) that were confirmed by it, and the word."""
    book, found = KnownBook(ledger, read_only=True), dict[str, list[tuple[str, Known]]]()
    for incident in incidents:
        for (claim, review), known in book.of(incident).items():
            if known.same and review not in present:
                found.setdefault(review, []).append((f"{incident}/{claim}", known))
    return found


def _known(event: Event) -> Known:
    told = event.payload
    return Known(
        event.event_id,
        event.claim_id or "",
        str(told["review"]["review_id"]),
        bool(told["same"]),
        event.actor,
        event.decided_at,
        str(told.get("reason", "")),
        told["review"],
        told.get("status_before"),
    )
