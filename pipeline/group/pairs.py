"""Pairs of texts that may carry one claim, and how alike they are in each view."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sparse_dot_topn import sp_matmul_topn  # type: ignore[import-untyped]

from pipeline.group.views import Sparse, View

Pairs = NDArray[np.int64]
"""Shape (n, 2): positions of two texts, the smaller first; sorted, each once."""

_SCALE = 63
"""Vectors are compared in whole steps of 1/63: sums of whole numbers are exact, so any machine and any number of
threads gives the same similarity to the last bit."""
_PAIRS_PER_BLOCK = 100_000
_ROWS_PER_BLOCK = 4_096


def lexical_candidates(index: Sparse, floor: float, neighbors: int, rare: int) -> Pairs:
    """Return pairs that share a feature found in at most ``rare`` texts and reach ``floor`` on such features.

    Each text brings its ``neighbors`` nearest at most. ``index`` has unit rows.
    """
    common = np.bincount(index.indices, minlength=index.shape[1])[index.indices] > rare
    kept = index.copy()
    kept.data[common] = 0
    kept.eliminate_zeros()
    product = sp_matmul_topn(
        kept, kept.T.tocsr(), top_n=neighbors, threshold=floor, sort=True, n_threads=os.cpu_count() or 1
    ).tocoo()
    return unique_pairs(product.row, product.col)


def nearest_vectors(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], floor: float, neighbors: int
) -> Pairs:
    """Return pairs of one of ``rows`` with any text whose cosine of vectors is at least ``floor``: exact search."""
    steps = quantize(vectors).astype(np.float32)
    lengths = _lengths(steps)
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
    codes = np.unique(low << 32 | high)
    return np.stack([codes >> 32, codes & 0xFFFFFFFF], axis=1)


def union(*parts: Pairs) -> Pairs:
    """Return the pairs of all ``parts``, each once."""
    joined = np.concatenate(parts)
    return unique_pairs(joined[:, 0], joined[:, 1])


def cosines(view: View, pairs: Pairs, doubt: float) -> NDArray[np.float32]:
    """Return the cosine of each pair in a view, lowered where a text says little.

    ``doubt`` counts words that occur nowhere else and are imagined in each text: two titles that share two words
    of four have less in common than two posts that share forty of eighty.
    """
    trust = np.sqrt(view.mass / (view.mass + np.float32(doubt * view.rarest)))
    return np.asarray(_products(view.rows, pairs) * trust[pairs[:, 0]] * trust[pairs[:, 1]], np.float32)


def containment(view: View, pairs: Pairs, doubt: float) -> NDArray[np.float32]:
    """Return how much of the shorter text the longer one says too, 0 to 1, by squared idf, with the same doubt."""
    shared = _products(view.presence, pairs)
    smaller = np.minimum(view.mass[pairs[:, 0]], view.mass[pairs[:, 1]])
    return np.asarray(shared / (smaller + np.float32(doubt * view.rarest)), np.float32)


def vector_cosines(vectors: NDArray[np.float32], pairs: Pairs) -> NDArray[np.float32]:
    """Return the cosine of each pair of vectors, quantized."""
    steps = quantize(vectors)
    lengths = _lengths(steps)
    dots = [
        np.einsum("ij,ij->i", steps[part[:, 0]].astype(np.int32), steps[part[:, 1]].astype(np.int32))
        for part in blocks(pairs)
    ]
    joined = np.concatenate(dots) if dots else np.zeros(0, np.int32)
    return np.asarray(joined / (lengths[pairs[:, 0]] * lengths[pairs[:, 1]]), np.float32)


def quantize(vectors: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return vectors in whole steps, relative to the largest value that a unit vector of this width tends to have."""
    spread = 4 / np.sqrt(max(vectors.shape[1], 16))
    return np.asarray(np.clip(np.rint(vectors * (_SCALE / spread)), -_SCALE, _SCALE), np.int8)


def _lengths(steps: NDArray[Any]) -> NDArray[np.float64]:
    squared = np.einsum("ij,ij->i", steps.astype(np.int32), steps.astype(np.int32))
    return np.asarray(np.sqrt(np.maximum(squared, 1).astype(np.float64)))


def _products(rows: Sparse, pairs: Pairs) -> NDArray[np.float32]:
    parts = [
        np.asarray(rows[part[:, 0]].multiply(rows[part[:, 1]]).sum(axis=1)).ravel() for part in blocks(pairs)
    ]
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def blocks(pairs: Pairs) -> Iterator[Pairs]:
    """Yield the pairs in blocks that fit into memory with their rows."""
    for start in range(0, len(pairs), _PAIRS_PER_BLOCK):
        yield pairs[start : start + _PAIRS_PER_BLOCK]
