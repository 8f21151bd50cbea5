"""Pairs of texts that may carry one claim, and how alike they are in each view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.group import kernels
from pipeline.group.views import Sparse, View
from pipeline.parallel import in_parallel

Pairs = NDArray[np.int64]
"""Shape (n, 2): positions of two texts, the smaller first; sorted, each once."""

Steps = NDArray[np.int8]
"""Vectors in whole steps, one row each."""

_SCALE = 63
"""Vectors are compared in whole steps of 1/63: sums of whole numbers are exact, so any machine and any number of
threads gives the same similarity to the last bit."""
_ROWS_PER_BLOCK = 4_096
_BITS = 64
"""Of a whole number, with its sign."""


def telling_rows(index: Sparse, able: NDArray[np.bool_], documents: NDArray[np.int64], rare: int) -> Sparse:
    """Return ``index`` with nothing but ``able`` rows and features that at most ``rare`` texts of the basis have."""
    common = documents[index.indices] > rare
    kept = index.copy()
    kept.data[common | np.repeat(~able, np.diff(index.indptr))] = 0
    kept.eliminate_zeros()
    return kept


def nearest_vectors(steps: Steps, rows: NDArray[np.int64], floor: float, neighbors: int) -> Pairs:
    """Return pairs of one of ``rows`` with any text whose cosine of vectors is at least ``floor``: exact search."""
    norms, steps = lengths(steps), steps.astype(np.float32)
    found: list[Pairs] = []
    for start in range(0, len(rows), _ROWS_PER_BLOCK):
        block = rows[start : start + _ROWS_PER_BLOCK]
        cosines = (steps[block] @ steps.T) / np.outer(norms[block], norms)
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
    bits, place_bits = int(pairs.max(initial=0)).bit_length(), len(pairs).bit_length()
    codes = pairs[:, 0] << bits | pairs[:, 1]
    if 2 * bits + place_bits < _BITS:  # sorts several times faster than argsort does
        packed = np.sort(codes << place_bits | np.arange(len(pairs)))
        codes, order = packed >> place_bits, packed & ((1 << place_bits) - 1)
    else:
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
    return np.asarray(order[np.flatnonzero(np.diff(codes, prepend=-1))])


def among(pairs: Pairs, others: Pairs) -> NDArray[np.bool_]:
    """Say which ``pairs`` are among ``others``."""
    codes, others_codes = pairs[:, 0] << 32 | pairs[:, 1], others[:, 0] << 32 | others[:, 1]
    if (others_codes[1:] < others_codes[:-1]).any():
        others_codes = np.sort(others_codes)
    place = np.searchsorted(others_codes, codes)
    found = place < len(others_codes)
    found[found] = others_codes[place[found]] == codes[found]
    return np.asarray(found)


def merging(pairs: Pairs, added: Pairs) -> NDArray[np.int64]:
    """Return the order that sorts ``pairs`` followed by ``added``; ``pairs`` are sorted, and none is in both."""
    code, more = (rows[:, 0] << 32 | rows[:, 1] for rows in (pairs, added))
    order = np.argsort(more, kind="stable")
    return np.insert(np.arange(len(code)), np.searchsorted(code, more[order]), len(code) + order)


def union(*parts: Pairs) -> Pairs:
    """Return the pairs of all ``parts``, each once."""
    joined = np.concatenate(parts)
    return unique_pairs(joined[:, 0], joined[:, 1])


def within(pairs: Pairs) -> tuple[NDArray[np.int64], Pairs]:
    """Return the texts of ``pairs`` in order, and the pairs as positions among these."""
    marked = np.zeros(int(pairs.max(initial=-1)) + 1, np.bool_)
    marked[pairs] = True
    return np.flatnonzero(marked), (np.cumsum(marked) - 1)[pairs].reshape(-1, 2)


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


def cosine(view: View, pairs: Pairs, doubt: float) -> NDArray[np.float32]:
    """Return the cosine of each pair alone, as ``cosines`` does."""
    products, _ = kernels.shared(view.rows, view.rows.data, pairs[:, 0], pairs[:, 1])
    return trusted(view, pairs, doubt, products)


def trusted(view: View, pairs: Pairs, doubt: float, cosine: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the cosine of each pair, lowered where its texts say little in this view."""
    trust = np.sqrt(view.mass / (view.mass + np.float32(doubt * view.rarest)))
    return np.asarray(cosine * trust[pairs[:, 0]] * trust[pairs[:, 1]], np.float32)


def vector_cosines(steps: Steps, pairs: Pairs) -> NDArray[np.float32]:
    """Return the cosine of each pair of quantized vectors."""
    norms = lengths(steps)
    dots = kernels.dots(steps, pairs[:, 0], pairs[:, 1])
    return np.asarray(dots / (norms[pairs[:, 0]] * norms[pairs[:, 1]]), np.float32)


def quantize(vectors: NDArray[Any]) -> Steps:
    """Return vectors in whole steps, relative to the largest value that a unit vector of this width tends to have.

    Those that are in whole steps stay.
    """
    if vectors.dtype == np.int8:
        return vectors
    spread = 4 / np.sqrt(max(vectors.shape[1], 16))
    steps = np.empty(vectors.shape, np.int8)

    def work(first: int, last: int) -> None:
        scaled = vectors[first:last] * np.float32(_SCALE / spread)
        np.rint(scaled, out=scaled)
        np.clip(scaled, -_SCALE, _SCALE, out=scaled)
        steps[first:last] = scaled

    list(in_parallel(work, len(vectors), _ROWS_PER_BLOCK))
    return steps


def lengths(steps: Steps) -> NDArray[np.float64]:
    """Return the length of each vector; 1 for one without any."""
    rows = np.arange(len(steps))
    return np.asarray(np.sqrt(np.maximum(kernels.dots(steps, rows, rows), 1).astype(np.float64)))
