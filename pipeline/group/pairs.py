"""Pairs of texts that may carry one claim, and how alike they are in each view."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.group import kernels
from pipeline.group.views import Basis, Sparse, View, documents_of

Pairs = NDArray[np.int64]
"""Shape (n, 2): positions of two texts, the smaller first; sorted, each once."""

Steps = NDArray[np.int8]
"""Vectors in whole steps, one row each."""

_SCALE = 63
"""Vectors are compared in whole steps of 1/63: sums of whole numbers are exact, so any machine and any number of
threads gives the same similarity to the last bit."""
_PAIRS_PER_BLOCK = 1_000_000
_ROWS_PER_BLOCK = 4_096


@dataclass(frozen=True)
class Near:
    """Which earlier texts are nearest to each text: three values per entry, sorted by ``later`` and ``earlier``."""

    later: NDArray[Any]
    earlier: NDArray[Any]
    product: NDArray[np.float32]

    def take(self, rows: NDArray[Any]) -> Near:
        """Return some entries, by position or mask."""
        return Near(self.later[rows], self.earlier[rows], self.product[rows])

    def pairs(self) -> Pairs:
        """Return the entries as pairs, in their order."""
        return np.stack([self.earlier, self.later], axis=1).astype(np.int64)


def telling_rows(index: Sparse, able: NDArray[np.bool_], basis: Basis, rare: int) -> Sparse:
    """Return ``index`` with nothing but ``able`` rows and features of at most ``rare`` texts of the basis."""
    common = documents_of(index, basis)[index.indices] > rare
    kept = index.copy()
    kept.data[common | np.repeat(~able, np.diff(index.indptr))] = 0
    kept.eliminate_zeros()
    return kept


def nearest(rows: Sparse, floor: float, neighbors: int) -> Near:
    """Return for each text its ``neighbors`` nearest at most of those before it, from ``floor`` on."""
    return _sorted(Near(*kernels.nearest_before(rows, floor, neighbors)))


def nearest_with(
    known: Near, rows: Sparse, fresh: NDArray[np.bool_], floor: float, neighbors: int
) -> tuple[Near, NDArray[np.bool_]]:
    """Return what ``nearest`` would, given what it returned without the ``fresh`` rows; and which entries are new."""
    one, other, product = kernels.near_rows(rows, np.flatnonzero(fresh), floor)
    added = Near(np.maximum(one, other), np.minimum(one, other), product)
    added = added.take(order_of(added.pairs()))
    touched = np.zeros(rows.shape[0], np.bool_)
    touched[added.later] = True
    open_ = touched[known.later]
    joined = Near(
        *(np.concatenate([getattr(known, f.name)[open_], getattr(added, f.name)]) for f in fields(Near))
    )
    order = np.lexsort((joined.earlier, -joined.product, joined.later))
    best = order[_rank_within(joined.later[order]) < neighbors]
    is_new = best >= int(open_.sum())
    both = [known.take(~open_), joined.take(best)]
    every = Near(*(np.concatenate([getattr(part, f.name) for part in both]) for f in fields(Near)))
    in_order = np.lexsort((every.earlier, every.later))
    new = np.concatenate([np.zeros(int((~open_).sum()), np.bool_), is_new])
    return every.take(in_order), new[in_order]


def _sorted(near: Near) -> Near:
    return near.take(np.lexsort((near.earlier, near.later)))


def _rank_within(rows: NDArray[Any]) -> NDArray[np.int64]:
    """Return for each entry of sorted ``rows`` how many equal ones come before it."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    lengths = np.diff(np.append(starts, len(rows)))
    return np.asarray(np.arange(len(rows)) - np.repeat(starts, lengths))


def counterparts(steps: Steps, rows: NDArray[np.int64], others: NDArray[np.int64], floor: float) -> Pairs:
    """Return pairs of one of ``rows`` and one of ``others``, each the other's nearest with at least this cosine.

    Of equally near texts the first counts.
    """
    if not len(rows) or not len(others):
        return np.zeros((0, 2), np.int64)
    lengths, opposite = _lengths(steps), steps[others].astype(np.float32).T
    nearest, of_row = np.full(len(others), -1, np.int64), np.full(len(rows), -1, np.int64)
    best = np.full(len(others), floor)
    for start in range(0, len(rows), _ROWS_PER_BLOCK):
        block = rows[start : start + _ROWS_PER_BLOCK]
        cosines = (steps[block].astype(np.float32) @ opposite) / np.outer(lengths[block], lengths[others])
        of_row[start : start + len(block)] = cosines.argmax(axis=1)
        highest = cosines.max(axis=0)
        nearer = highest > best if start else highest >= best
        nearest[nearer] = start + cosines.argmax(axis=0)[nearer]
        best[nearer] = highest[nearer]
    mutual = np.flatnonzero((nearest >= 0) & (of_row[nearest] == np.arange(len(others))))
    return unique_pairs(rows[nearest[mutual]], others[mutual])


def nearest_vectors(steps: Steps, rows: NDArray[np.int64], floor: float, neighbors: int) -> Pairs:
    """Return pairs of one of ``rows`` with any text whose cosine of vectors is at least ``floor``: exact search."""
    lengths, steps = _lengths(steps), steps.astype(np.float32)
    found: list[Pairs] = []
    for start in range(0, len(rows), _ROWS_PER_BLOCK):
        block = rows[start : start + _ROWS_PER_BLOCK]
        cosines = (steps[block] @ steps.T) / np.outer(lengths[block], lengths)
        cosines[np.arange(len(block)), block] = -1
        near = _largest(cosines, neighbors) & (cosines >= floor)
        left, right = np.nonzero(near)
        found.append(np.stack([block[left], right], axis=1))
    joined = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
    return unique_pairs(joined[:, 0], joined[:, 1])


def _largest(cosines: NDArray[Any], count: int) -> NDArray[np.bool_]:
    """Mark in each row the values that are not below its ``count``-th largest."""
    if cosines.shape[1] <= count:
        return np.ones(cosines.shape, np.bool_)
    limit = np.partition(cosines, -count, axis=1)[:, -count]
    return np.asarray(cosines >= limit[:, None])


def unique_pairs(left: NDArray[Any], right: NDArray[Any]) -> Pairs:
    """Return each unordered pair of different texts once, the smaller position first, sorted."""
    left, right = left.astype(np.int64), right.astype(np.int64)
    different = left != right
    low, high = np.minimum(left, right)[different], np.maximum(left, right)[different]
    codes = np.sort(low << 32 | high)  # np.unique hashes, which is slower by an order of magnitude
    codes = codes[np.flatnonzero(np.diff(codes, prepend=-1))]
    return np.stack([codes >> 32, codes & 0xFFFFFFFF], axis=1)


def order_of(pairs: Pairs) -> NDArray[np.int64]:
    """Return the positions that sort ``pairs``, each different pair once."""
    codes = pairs[:, 0] << 32 | pairs[:, 1]
    order = np.argsort(codes, kind="stable")
    return np.asarray(order[np.flatnonzero(np.diff(codes[order], prepend=-1))])


def among(pairs: Pairs, others: Pairs) -> NDArray[np.bool_]:
    """Say which ``pairs`` are among ``others``."""
    codes, others_codes = pairs[:, 0] << 32 | pairs[:, 1], np.sort(others[:, 0] << 32 | others[:, 1])
    place = np.searchsorted(others_codes, codes)
    found = place < len(others_codes)
    found[found] = others_codes[place[found]] == codes[found]
    return np.asarray(found)


def union(*parts: Pairs) -> Pairs:
    """Return the pairs of all ``parts``, each once."""
    joined = np.concatenate(parts)
    return unique_pairs(joined[:, 0], joined[:, 1])


def cosines(view: View, pairs: Pairs, doubt: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return cosine and containment of each pair in a view, both lowered where texts say little.

    Containment is how much of the shorter text the longer one says too, 0 to 1, by squared idf. ``doubt`` counts
    words that occur nowhere else and are imagined in each text: two titles that share two words of four have less
    in common than two posts that share forty of eighty.
    """
    left, right = pairs[:, 0], pairs[:, 1]
    cosine, common = kernels.shared(view.rows, view.presence.data, left, right)
    smaller = np.minimum(view.mass[left], view.mass[right])
    contained = common / (smaller + np.float32(doubt * view.rarest))
    return trusted(view, pairs, doubt, cosine), np.asarray(contained, np.float32)


def trusted(view: View, pairs: Pairs, doubt: float, cosine: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine of each pair, lowered where its texts say little in this view."""
    trust = np.sqrt(view.mass / (view.mass + np.float32(doubt * view.rarest)))
    return np.asarray(cosine * trust[pairs[:, 0]] * trust[pairs[:, 1]], np.float32)


def vector_cosines(steps: Steps, pairs: Pairs) -> NDArray[np.float32]:
    """Return the cosine of each pair of quantized vectors."""
    lengths = _lengths(steps)
    dots = kernels.dots(steps, pairs[:, 0], pairs[:, 1])
    return np.asarray(dots / (lengths[pairs[:, 0]] * lengths[pairs[:, 1]]), np.float32)


def quantize(vectors: NDArray[Any]) -> Steps:
    """Return vectors in whole steps, relative to the largest value that a unit vector of this width tends to have.

    Those that are in whole steps stay.
    """
    if vectors.dtype == np.int8:
        return vectors
    spread = 4 / np.sqrt(max(vectors.shape[1], 16))
    steps = np.empty(vectors.shape, np.int8)
    for start in range(0, len(vectors), _ROWS_PER_BLOCK):
        scaled = vectors[start : start + _ROWS_PER_BLOCK] * np.float32(_SCALE / spread)
        np.rint(scaled, out=scaled)
        np.clip(scaled, -_SCALE, _SCALE, out=scaled)
        steps[start : start + _ROWS_PER_BLOCK] = scaled
    return steps


def _lengths(steps: Steps) -> NDArray[np.float64]:
    rows = np.arange(len(steps))
    return np.asarray(np.sqrt(np.maximum(kernels.dots(steps, rows, rows), 1).astype(np.float64)))


def blocks(pairs: Pairs, size: int = _PAIRS_PER_BLOCK) -> Iterator[Pairs]:
    """Yield the pairs in blocks that fit into memory with their rows."""
    for start in range(0, len(pairs), size):
        yield pairs[start : start + size]
