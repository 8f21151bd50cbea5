"""Pairs of texts in different groups that people should look at, and why: few, and the best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.group import kernels, pairs
from pipeline.group.config import GroupConfig
from pipeline.group.languages import Opposite, StepsOf
from pipeline.group.pairs import Pairs
from pipeline.group.schemas import MATCHES
from pipeline.group.verify import Verdicts, Verifier, percent

_STRONGEST, _MILLION = 2.0, 1_000_000
_LOOKED_AT = 16
"""Pairs per group, by words and sounds, whose meaning is compared."""


class Told:
    """What is worked out of pairs only where they may be shown: kept from one grouping to the next."""

    def __init__(self, meaning: NDArray[np.float32], said: NDArray[np.int32], whys: pa.Array) -> None:
        self.meaning = meaning
        """Cosine of the vectors of each pair; nan where that is not known."""
        self._said, self._whys = said, whys  # of millions of pairs few are told why: -1 stands for the others

    @classmethod
    def none(cls, size: int) -> Told:
        """Nothing is known of ``size`` pairs."""
        return cls(np.full(size, np.nan, np.float32), np.full(size, -1, np.int32), pa.array([], pa.string()))

    @classmethod
    def of(cls, size: int, rows: NDArray[np.int32], meaning: NDArray[np.float32], whys: pa.Array) -> Told:
        """Return what ``known`` gave of some of ``size`` pairs."""
        told = cls.none(size)
        told.meaning[rows] = meaning
        said = whys.is_valid().to_numpy(zero_copy_only=False)
        told._said[rows[said]] = np.flatnonzero(said)
        return cls(told.meaning, told._said, whys)

    def known(self) -> tuple[NDArray[np.int32], NDArray[np.float32], pa.Array]:
        """Return the pairs of which something is known, their cosines, and what speaks for and against them."""
        rows = np.flatnonzero(~np.isnan(self.meaning))
        said = self._said[rows]
        return rows.astype(np.int32), self.meaning[rows], self._whys.take(pa.array(said, mask=said < 0))

    def take(self, rows: NDArray[Any]) -> Told:
        """Return what is known of some pairs, by position or mask."""
        return Told(self.meaning[rows], self._said[rows], self._whys)

    @classmethod
    def joined(cls, parts: Sequence[Told]) -> Told:
        """Return what is known of all parts in order."""
        starts = np.cumsum([0] + [len(part._whys) for part in parts[:-1]])
        said = [
            np.where(part._said < 0, -1, part._said + start).astype(np.int32)
            for part, start in zip(parts, starts, strict=True)
        ]
        return cls(
            np.concatenate([part.meaning for part in parts]),
            np.concatenate(said),
            pa.concat_arrays([part._whys for part in parts]),
        )

    def without_whys(self, rows: NDArray[np.int64]) -> Told:
        """Return this without what speaks for and against some pairs."""
        said = self._said.copy()
        said[rows] = -1
        return Told(self.meaning, said, self._whys)

    def meanings(self, rows: NDArray[np.int64], found: Pairs, steps: StepsOf) -> NDArray[np.float32]:
        """Return the cosine of some of the pairs."""
        asked = rows[np.isnan(self.meaning[rows])]
        texts, local = pairs.within(found[asked])
        self.meaning[asked] = pairs.vector_cosines(steps(texts), local)
        return self.meaning[rows]

    def whys(self, rows: NDArray[np.int64], found: Pairs, verifier: Verifier) -> pa.Array:
        """Return in words what speaks for and against some of the pairs, without their meaning."""
        asked = np.sort(rows[self._said[rows] < 0])
        if len(asked):
            self._said[asked] = len(self._whys) + np.arange(len(asked))
            said = verifier.explain(found[asked], verifier.compare(found[asked]))
            self._whys = pa.concat_arrays([self._whys, said])
        return self._whys.take(pa.array(self._said[rows]))


def by_meaning(opposite: Opposite, able: NDArray[np.bool_], steps: StepsOf, config: GroupConfig) -> Pairs:
    """Return pairs whose vectors are near although they may share no word, where all pairs can be looked at."""
    near = opposite.mutual(config.alike_vectors)
    if len(able) > config.exact_vectors:
        return near
    every = steps(np.arange(len(able)))
    found = pairs.nearest_vectors(every, np.flatnonzero(able), config.near_vectors, config.neighbors)
    return pairs.union(near, found[able[found].all(axis=1)])


def matches(
    keys: pa.Array,
    labels: NDArray[np.int64],
    found: Pairs,
    verdicts: Verdicts,
    told: Told,
    steps: StepsOf,
    must_not: Pairs,
    verifier: Verifier,
    config: GroupConfig,
) -> pa.Table:
    """Return pairs in different groups that people should see: the best one of each two groups, with why.

    Pairs that people ruled apart are not suggested again. ``told`` is what is known of the pairs, and knows more then.
    """
    between = np.flatnonzero(labels[found[:, 0]] != labels[found[:, 1]])
    high = verdicts.similarity >= config.suggested
    likely = between[high[between]]
    likely = _best_between_groups(likely, labels[found[likely]], verdicts.similarity[likely], _LOOKED_AT)
    rows = np.sort(np.concatenate([likely, between[~high[between]]]))
    near = told.meanings(rows, found, steps)
    worth = _worth_a_look(verdicts.take(rows), near, config)
    rows, near = rows[worth], near[worth]
    strength = np.round(verdicts.similarity[rows] + near, 6)
    best = _best_between_groups(rows, labels[found[rows]], strength, config.most_suggested)
    said = best[~_ruled(labels[found[best]], labels[must_not])]
    why = told.whys(said, found, verifier)
    return pa.table(
        {
            "left_key": keys.take(pa.array(found[said, 0])),
            "right_key": keys.take(pa.array(found[said, 1])),
            "similarity": verdicts.similarity[said],
            "why": pc.binary_join_element_wise(why, percent(told.meaning[said]), ", meaning "),
        }
    ).cast(MATCHES)


def _ruled(groups: NDArray[np.int64], ruled: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which pairs of groups people ruled apart."""
    low_high = [np.sort(rows, axis=1) @ np.array([1 << 32, 1]) for rows in (groups, ruled)]
    return np.isin(*low_high)


def _worth_a_look(verdicts: Verdicts, near: NDArray[np.float32], config: GroupConfig) -> NDArray[np.bool_]:
    """Common words and a like meaning, a correction or a template of common words, or a meaning found by vectors.

    Pairs below ``suggested`` are here only because their vectors are near.
    """
    alike = verdicts.similarity >= config.suggested
    told = (near >= config.alike_vectors) | verdicts.corrects | verdicts.swapped_place
    return np.asarray(told | ~alike)


def _best_between_groups(
    rows: NDArray[np.int64], groups: NDArray[np.int64], strength: NDArray[np.float64], most: int
) -> NDArray[np.int64]:
    """Return the best row of each two groups, in order; a pair is there for a group that has fewer than ``most``.

    ``strength`` has six decimals, and is at most 2.
    """
    weakness = np.rint((_STRONGEST - strength) * _MILLION).astype(np.int32)
    return rows[kernels.best_between(groups, weakness, most)]
