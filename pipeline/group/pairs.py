"""Pairs of texts that may carry one claim, and how alike they are in each view."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sparse_dot_topn import sp_matmul_topn

from pipeline.group.views import Sparse

_BLOCK = 200_000


def candidates(view: Sparse, floor: float, neighbors: int) -> NDArray[np.int64]:
    """Return pairs (left < right, one per row) whose cosine in this view is at least ``floor``, sorted."""
    product = sp_matmul_topn(view, view.T.tocsr(), top_n=neighbors, threshold=floor, sort=True).tocoo()
    kept = product.row != product.col
    return unique_pairs(product.row[kept], product.col[kept])


def unique_pairs(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.int64]:
    """Return each unordered pair once, the smaller index first, sorted."""
    pairs = np.stack([np.minimum(left, right), np.maximum(left, right)], axis=1).astype(np.int64)
    return np.unique(pairs, axis=0) if len(pairs) else pairs.reshape(0, 2)


def sparse_cosines(view: Sparse, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the cosine of each pair in a sparse view of unit rows."""
    parts = [
        np.asarray(view[part[:, 0]].multiply(view[part[:, 1]]).sum(axis=1)).ravel()
        for part in _blocks(pairs)
    ]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def dense_cosines(vectors: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the cosine of each pair of unit rows."""
    parts = [np.einsum("ij,ij->i", vectors[part[:, 0]], vectors[part[:, 1]]) for part in _blocks(pairs)]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def _blocks(pairs: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return [pairs[start : start + _BLOCK] for start in range(0, len(pairs), _BLOCK)]
