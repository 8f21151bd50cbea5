"""Chains that drift: a group whose members do not resemble each other on the whole is cut where it is thinnest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from pipeline.group.components import Pairs, components
from pipeline.group.verify import Verifier

_LARGEST = 1_500
"""Members up to which all pairs of a group are compared."""
_PAIRS_AT_ONCE = 1_000_000
_STEP = 0.05
_HIGHEST = 0.7


def cut_drift(
    size: int, edges: Pairs, similarity: NDArray[np.float64], verifier: Verifier, cohesion: float
) -> NDArray[np.bool_]:
    """Return which edges stay when every group keeps a mean similarity of ``cohesion`` (average linkage).

    A chain too large to compare all pairs is first taken apart by its strongest edges.
    """
    kept = np.ones(len(edges), np.bool_)
    threshold = float(similarity.min()) if len(similarity) else 0.0
    while threshold < _HIGHEST:
        labels = components(size, edges[kept])
        too_large = np.bincount(labels, minlength=size) > _LARGEST
        if not too_large.any():
            break
        threshold += _STEP
        kept &= ~too_large[labels[edges[:, 0]]] | (similarity >= threshold)
    labels = components(size, edges[kept])
    pieces = _pieces(labels, edges[kept], verifier, cohesion)
    return np.asarray(kept & (pieces[edges[:, 0]] == pieces[edges[:, 1]]))


def _pieces(
    labels: NDArray[np.int64], edges: Pairs, verifier: Verifier, cohesion: float
) -> NDArray[np.int64]:
    """Return labels after cutting each component by average linkage; complete ones need no look."""
    size = len(labels)
    sizes = np.bincount(labels, minlength=size)
    links = np.bincount(labels[edges[:, 0]], minlength=size)
    loose = (sizes > 2) & (sizes <= _LARGEST) & (links < sizes * (sizes - 1) // 2)
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.flatnonzero(loose))
    fresh = labels.copy()
    groups = [order[start : start + sizes[labels[order[start]]]] for start in starts.tolist()]
    for batch in _batches(groups):
        distances = _distances(batch, verifier)
        for members, apart in zip(batch, distances, strict=True):
            parts = fcluster(linkage(apart, "average"), 1 - cohesion, "distance")
            for part in np.unique(parts):
                fresh[members[parts == part]] = members[parts == part].min()
    return fresh


def _batches(groups: list[NDArray[np.int64]]) -> Iterator[list[NDArray[np.int64]]]:
    """Yield groups in batches whose pairs fit into memory: comparing many small groups at once is much faster."""
    batch: list[NDArray[np.int64]] = []
    pairs = 0
    for members in groups:
        batch.append(members)
        pairs += len(members) * (len(members) - 1) // 2
        if pairs > _PAIRS_AT_ONCE:
            yield batch
            batch, pairs = [], 0
    if batch:
        yield batch


def _distances(batch: list[NDArray[np.int64]], verifier: Verifier) -> list[NDArray[np.float64]]:
    """Return the condensed distances of each group of the batch."""
    above = [np.triu_indices(len(members), 1) for members in batch]
    pairs = np.concatenate(
        [
            np.stack([members[left], members[right]], axis=1)
            for members, (left, right) in zip(batch, above, strict=True)
        ]
    )
    distances = verifier.distance(verifier.compare(pairs))
    return np.split(distances, np.cumsum([len(left) for left, _ in above])[:-1])
