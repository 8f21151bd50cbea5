"""Chains that drift: a group whose members do not resemble each other on the whole is cut where it is thinnest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from pipeline.group.components import Pairs, components
from pipeline.group.verify import Verifier

_LARGEST = 1_500
"""Members up to which all pairs of a group are compared."""
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
    for start, label in zip(starts.tolist(), np.flatnonzero(loose).tolist(), strict=True):
        members = order[start : start + sizes[label]]
        parts = _parts(verifier.among(members), cohesion)
        for part in range(1, parts.max() + 1):
            fresh[members[parts == part]] = members[parts == part].min()
    return fresh


def _parts(similarities: NDArray[np.float64], cohesion: float) -> NDArray[np.int64]:
    """Return the part of each member; ``similarities`` is a full matrix."""
    above = np.triu_indices(len(similarities), 1)
    tree = linkage(np.clip(1 - similarities[above], 0, 1), "average")
    return np.asarray(fcluster(tree, 1 - cohesion, "distance"))
