"""The family tree of a claim's wordings: each follows the earlier one that it is most like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.differences import Piece, difference, kinds_of_change, likeness, pairs_of, same_sounds
from dashboard.rows import Variant

KINSHIP = 0.25
"""Wordings less alike than this are not drawn as model and copy: the claim was told anew, or in another language."""

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wording:
    """A wording in the tree: the number of its model (None: told anew), how deep it hangs, what changed."""

    number: int
    variant: Variant
    parent: int | None
    depth: int
    changes: tuple[str, ...]
    pieces: tuple[Piece, ...]
    heard: tuple[tuple[str, str], ...] = ()
    """Words of the model that this one spells otherwise with the same sounds, as (model, here)."""


def family(variants: Sequence[Variant]) -> list[Wording]:
    """The wordings in tree order, the earliest first; ``number`` counts them by time from 1.

    A guess from texts and times, for people to look at: who copied whom is not recorded.
    """
    by_time = sorted(variants, key=lambda v: (v.first_at or _NEVER, v.variant_key))
    pairs = [pairs_of(v.text) for v in by_time]
    models: list[int | None] = [_model(pairs, place) for place in range(len(by_time))]
    depths: list[int] = []
    for model in models:
        depths.append(0 if model is None else depths[model] + 1)
    return [_wording(by_time, place, models[place], depths[place]) for place in _tree_order(models)]


def _model(pairs: Sequence[frozenset[str]], place: int) -> int | None:
    """The earlier wording that this one is most like; of equals the earliest."""
    found = max(
        range(place), key=lambda earlier: (likeness(pairs[earlier], pairs[place]), -earlier), default=None
    )
    return found if found is not None and likeness(pairs[found], pairs[place]) >= KINSHIP else None


def _tree_order(models: Sequence[int | None]) -> list[int]:
    """Each model directly before what followed it, everything else by time."""
    following: dict[int | None, list[int]] = {}
    for place, model in enumerate(models):
        following.setdefault(model, []).append(place)
    order: list[int] = []
    waiting = list(reversed(following.get(None, [])))
    while waiting:
        place = waiting.pop()
        order.append(place)
        waiting += reversed(following.get(place, []))
    return order


def _wording(by_time: Sequence[Variant], place: int, model: int | None, depth: int) -> Wording:
    own = by_time[place]
    if model is None:
        return Wording(place + 1, own, None, depth, (), (Piece("same", own.text, own.text),))
    base = by_time[model]
    changes = kinds_of_change(base.text, own.text, (base.script, own.script))
    pieces = difference(base.text, own.text)
    return Wording(place + 1, own, model + 1, depth, changes, tuple(pieces), tuple(same_sounds(pieces)))
