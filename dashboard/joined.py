"""A claim together with those that people merged with it and the next run will join: its page shows them as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard import queries
from dashboard.pending import Pending
from dashboard.rows import Hour, Match, Variant


def joined(waiting: Pending, claim_id: str) -> tuple[str, ...]:
    """The claims that the page of ``claim_id`` shows: it alone, or as their lead all that merge, itself first."""
    return (claim_id,) if claim_id in waiting.folded else waiting.together(claim_id)


def hours(file: str, claims: Sequence[str]) -> list[Hour]:
    """Posts per hour of all of them, hours without posts left out."""
    sums: dict[object, Hour] = {}
    for hour in (hour for found in queries.hours(file, tuple(claims)).values() for hour in found):
        so_far = sums.get(hour.hour, Hour(hour.hour, 0, 0, 0))
        sums[hour.hour] = Hour(
            hour.hour,
            so_far.posts + hour.posts,
            so_far.enquiries + hour.enquiries,
            so_far.corrections + hour.corrections,
        )
    return sorted(sums.values(), key=lambda hour: hour.hour)


def variants(file: str, claims: Sequence[str]) -> list[Variant]:
    """The wordings of all of them; one that stands in two claims is one, first where it came first."""
    found: dict[str, Variant] = {}
    for variant in (variant for claim in claims for variant in queries.variants(file, claim)):
        other = found.get(variant.variant_key)
        found[variant.variant_key] = _one(other, variant) if other else variant
    return sorted(found.values(), key=lambda v: (-v.posts, v.variant_key))


def _one(left: Variant, right: Variant) -> Variant:
    first, _ = sorted((left, right), key=lambda v: (v.first_at is None, v.first_at, v.first_post))
    platforms = list(dict.fromkeys([*left.platforms, *right.platforms]))
    return replace(first, posts=left.posts + right.posts, platforms=platforms)


def matches(file: str, claims: Sequence[str]) -> list[Match]:
    """What may be the same as one of them and is none of them, each claim once by its nearest pair, nearest first."""
    nearest: dict[str, Match] = {}
    for match in (match for claim in claims for match in queries.matches(file, claim)):
        other = nearest.get(match.other_id)
        if match.other_id not in claims and (other is None or _near(match) > _near(other)):
            nearest[match.other_id] = match
    return sorted(nearest.values(), key=_near, reverse=True)


def _near(match: Match) -> float:
    return -1.0 if match.similarity is None else match.similarity
