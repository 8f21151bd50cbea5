"""Candidates: which earlier texts are nearest to each text by rare words and sounds, and how new texts change that."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from pipeline.group import near_kernels
from pipeline.group.pairs import Pairs
from pipeline.group.views import Sparse
from pipeline.parallel import in_parallel

T = TypeVar("T")
Mask = NDArray[np.bool_]

_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Reach:
    """How far the candidates of each text reach: one value per text."""

    count: NDArray[np.int32]
    """Earlier texts that are candidates."""
    worst: NDArray[np.float32]
    """The least product among them where there may be more than are taken; 0 elsewhere."""
    worst_at: NDArray[np.int32]
    """The last text with that product; -1 elsewhere."""

    def moved(self, place: NDArray[np.int64], size: int) -> Reach:
        """Return this for ``size`` texts, of which those known have moved to ``place``."""
        count, worst = np.zeros(size, np.int32), np.zeros(size, np.float32)
        worst_at = np.full(size, -1, np.int32)
        count[place], worst[place] = self.count, self.worst
        worst_at[place] = np.where(self.worst_at < 0, -1, place[self.worst_at])
        return Reach(count, worst, worst_at)

    def replaced(self, rows: NDArray[np.int64], other: Reach) -> None:
        """Take the values of ``other``, one for each of ``rows``."""
        self.count[rows], self.worst[rows], self.worst_at[rows] = other.count, other.worst, other.worst_at


@dataclass(frozen=True)
class Changed:
    """What new texts change."""

    new: Pairs
    """Candidates with a new text."""
    opened: Mask
    """Known texts whose candidates were taken anew, for a new one may have displaced one of them."""
    lists: Pairs
    """All candidates of these."""
    reach: Reach


def nearest(rows: Sparse, floor: float, neighbors: int, use: Callable[[Pairs], T]) -> tuple[list[T], Reach]:
    """Take for each text its ``neighbors`` nearest at most of those before it, from ``floor`` on.

    Returns what ``use`` makes of them, some at a time and in order: all of them do not fit into memory.
    """
    size = rows.shape[0]
    every = np.arange(size)
    arrays = near_kernels.both_ways(rows, every)

    def work(first: int, last: int) -> tuple[T, Reach]:
        pairs, reach = _nearest(arrays, every[first:last], floor, neighbors)
        return use(pairs), reach

    done = list(in_parallel(work, size, _ROWS_AT_ONCE))
    reaches = [reach for _, reach in done] or [_reach(*_NOTHING, np.zeros(0, np.int64), neighbors)]
    names = ("count", "worst", "worst_at")
    return [made for made, _ in done], Reach(
        *(np.concatenate([getattr(r, n) for r in reaches]) for n in names)
    )


def nearest_with(known: Reach, rows: Sparse, fresh: Mask, floor: float, neighbors: int) -> Changed:
    """Return how the ``fresh`` rows change what ``nearest`` took without them; ``known`` is changed with it."""
    new_rows = np.flatnonzero(fresh)
    one, other, product = near_kernels.near_rows(near_kernels.both_ways(rows, new_rows), new_rows, floor)
    ahead = ~fresh[other] & (other > one)  # candidates of a known text; those of new ones are taken below
    earlier, later, product = one[ahead], other[ahead], product[ahead]
    added = np.bincount(later, minlength=len(fresh)).astype(np.int32)
    fits = known.count + added <= neighbors
    displaces = (product > known.worst[later]) | (
        (product == known.worst[later]) & (earlier < known.worst_at[later])
    )
    opened = np.zeros(len(fresh), np.bool_)
    opened[later[~fits[later] & ((known.count[later] < neighbors) | displaces)]] = True
    anew = np.flatnonzero(opened | fresh)
    lists, reach = _nearest(near_kernels.both_ways(rows, anew), anew, floor, neighbors)
    plain = fits[later]
    fitting = np.where(fits & ~opened & ~fresh, added, 0)
    known.count[:] += fitting
    known.replaced(anew, reach)
    _fill_worst(known, rows, np.flatnonzero((fitting > 0) & (known.count == neighbors)), floor, neighbors)
    told = lists[fresh[lists].any(axis=1)]
    new = np.concatenate([np.stack([earlier[plain], later[plain]], axis=1).astype(np.int64), told])
    return Changed(new, opened, lists[opened[lists[:, 1]]], known)


def _fill_worst(known: Reach, rows: Sparse, filled: NDArray[np.int64], floor: float, neighbors: int) -> None:
    """Texts that have just got as many candidates as are taken: from now on the last of them counts."""
    if len(filled):
        known.replaced(filled, _nearest(near_kernels.both_ways(rows, filled), filled, floor, neighbors)[1])


_NOTHING = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))


def _nearest(
    arrays: near_kernels.BothWays, chosen: NDArray[np.int64], floor: float, neighbors: int
) -> tuple[Pairs, Reach]:
    later, earlier, product = near_kernels.nearest_before(arrays, chosen, floor, neighbors)
    pairs = np.stack([earlier, later], axis=1).astype(np.int64)
    return pairs, _reach(later, earlier, product, chosen, neighbors)


def _reach(
    later: NDArray[Any],
    earlier: NDArray[Any],
    product: NDArray[np.float32],
    chosen: NDArray[Any],
    neighbors: int,
) -> Reach:
    """``later`` is sorted as ``chosen`` is."""
    starts = np.searchsorted(later, chosen)
    count = (np.searchsorted(later, chosen, side="right") - starts).astype(np.int32)
    worst, worst_at = np.zeros(len(chosen), np.float32), np.full(len(chosen), -1, np.int32)
    full = np.flatnonzero(count == neighbors)
    if len(full):
        entries = starts[full][:, None] + np.arange(neighbors)
        worst[full] = product[entries].min(axis=1)
        at_worst = product[entries] == worst[full][:, None]
        worst_at[full] = np.where(at_worst, earlier[entries], -1).max(axis=1)
    return Reach(count, worst, worst_at)


@dataclass(frozen=True)
class Index:
    """Rows of rare words and sounds by whose products candidates are found, as arrays of a CSR matrix."""

    starts: NDArray[Any]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]

    @classmethod
    def of(cls, rows: Sparse) -> Index:
        """Keep these rows."""
        return cls(rows.indptr, rows.indices, rows.data)

    def rows(self, width: int) -> Sparse:
        """Return the rows as a matrix of ``width`` columns."""
        shape = (len(self.starts) - 1, width)
        return sparse.csr_matrix((self.values, self.columns, self.starts), shape=shape)

    def joined(
        self, moved: NDArray[np.int64], sounds: int, place: NDArray[np.int64], fresh: Sparse
    ) -> Sparse:
        """Return these rows and the ``fresh`` ones in one matrix.

        Known rows move to ``place``, the others take the places between. Columns of words move to ``moved``; the
        last ``sounds`` columns stay the last.
        """
        moves = np.append(moved, np.arange(sounds) + fresh.shape[1] - sounds).astype(np.int32)
        old = sparse.csr_matrix(
            (self.values, moves[self.columns], self.starts), shape=(len(place), fresh.shape[1])
        )
        size = len(place) + fresh.shape[0]
        source = np.full(size, -1, np.int64)
        source[place] = np.arange(len(place))
        source[source < 0] = len(place) + np.arange(fresh.shape[0])
        return sparse.vstack([old, fresh], format="csr", dtype=np.float32)[source]


def merged(known: pa.Array, names: tuple[str, ...]) -> tuple[pa.Array, NDArray[np.int64], NDArray[np.int64]]:
    """Return all words sorted, where the ``known`` ones went, and where ``names`` are; both are sorted."""
    at, is_new = np.zeros(len(names), np.int64), np.ones(len(names), np.bool_)
    for row, (name, low) in enumerate(zip(names, _places(known, names), strict=True)):
        at[row] = low
        is_new[row] = low == len(known) or known[low].as_py() != name
    moved = np.arange(len(known)) + np.searchsorted(at[is_new], np.arange(len(known)), side="right")
    order = np.insert(np.arange(len(known)), at[is_new], len(known) + np.arange(int(is_new.sum())))
    new = pa.array([name for name, fresh in zip(names, is_new.tolist(), strict=True) if fresh], pa.string())
    placed = at + np.cumsum(is_new) - is_new
    return pa.concat_arrays([known, new]).take(pa.array(order)), moved, placed


def _places(known: pa.Array, names: tuple[str, ...]) -> list[int]:
    return [bisect_left(known, name, key=pa.StringScalar.as_py) for name in names]
