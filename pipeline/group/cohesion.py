"""Chains that drift: a group whose members do not resemble each other on the whole is cut where it is thinnest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import linkage

from pipeline.group import kernels
from pipeline.group.components import Pairs, components
from pipeline.group.verify import Verifier
from pipeline.parallel import in_parallel

Hashes = NDArray[np.uint64]

_LARGEST = 1_500
"""Members up to which all pairs of a group are compared."""
_PAIRS_AT_ONCE = 1_000_000
_KEY_WORDS = 3
"""A text key is 24 letters: three words of 64 bits."""
_STEP = 0.05
_HIGHEST = 0.7


@dataclass(frozen=True)
class Cuts:
    """What was found about groups that were looked at, each told by the sum of what its members spell."""

    whole: Hashes
    """Groups that stay, sorted."""
    apart: Hashes
    """Groups that were cut, sorted."""
    piece: NDArray[np.int64]
    """For each text of a group that was cut the first text of its piece; -1 for the others."""

    @classmethod
    def none(cls, size: int) -> Cuts:
        """Nothing is known about ``size`` texts."""
        return cls(np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.full(size, -1, np.int64))


def cut_drift(
    spelled: Hashes,
    edges: Pairs,
    similarity: NDArray[np.float64],
    verifier: Verifier,
    cohesion: float,
    known: Cuts,
) -> tuple[NDArray[np.bool_], Cuts]:
    """Return which edges stay when every group keeps a mean similarity of ``cohesion`` (average linkage).

    A chain too large to compare all pairs is first taken apart by its strongest edges. ``spelled`` holds a hash of
    each text (``spell``); groups that are ``known`` are not looked at again, and what is known now is returned.
    """
    kept, labels = _apart(len(spelled), edges, similarity)
    loose = _loose(labels, edges[kept])
    sums = hashes(spelled, labels)
    whole, apart = (loose & _among(sums, some) for some in (known.whole, known.apart))
    pieces, cut = _pieces(labels, np.flatnonzero(loose & ~whole & ~apart), verifier, cohesion)
    pieces = np.where(apart[labels], known.piece, pieces)
    apart[cut] = True
    found = Cuts(np.sort(sums[loose & ~apart]), np.sort(sums[apart]), np.where(apart[labels], pieces, -1))
    return np.asarray(kept & (pieces[edges[:, 0]] == pieces[edges[:, 1]])), found


def _among(sums: Hashes, some: Hashes) -> NDArray[np.bool_]:
    """Say which of ``sums`` are among ``some``, which are sorted."""
    if not len(some):
        return np.zeros(len(sums), np.bool_)
    return np.asarray(some[np.minimum(np.searchsorted(some, sums), len(some) - 1)] == sums)


def _apart(
    size: int, edges: Pairs, similarity: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which edges stay when groups too large to compare all pairs lose their weak ones, and the labels then."""
    kept, labels = np.ones(len(edges), np.bool_), components(size, edges)
    place = np.empty(size, np.int64)
    threshold = 0.0
    while threshold < _HIGHEST:
        too_large = np.bincount(labels, minlength=size) > _LARGEST
        if not too_large.any():
            break
        threshold += _STEP
        inside = np.flatnonzero(too_large[labels[edges[:, 0]]] & kept)  # only these are looked at again
        kept[inside] = similarity[inside] >= threshold
        nodes, strong = np.flatnonzero(too_large[labels]), inside[kept[inside]]
        place[nodes] = np.arange(len(nodes))
        labels[nodes] = nodes[components(len(nodes), place[edges[strong]])]
    return kept, labels


def _loose(labels: NDArray[np.int64], edges: Pairs) -> NDArray[np.bool_]:
    """Mark the labels of groups in which not every pair is joined; the others need no look."""
    size = len(labels)
    sizes = np.bincount(labels, minlength=size)
    links = np.bincount(labels[edges[:, 0]], minlength=size)
    return np.asarray((sizes > 2) & (sizes <= _LARGEST) & (links < sizes * (sizes - 1) // 2))


def spell(keys: NDArray[np.bytes_], first_at: NDArray[np.int64]) -> Hashes:
    """Return a hash of each text: all that the distance between two texts depends on, beside the statistics."""
    spelled = np.ascontiguousarray(keys.astype(f"S{8 * _KEY_WORDS}")).view(np.uint64).reshape(-1, _KEY_WORDS)
    mixed = first_at.view(np.uint64)
    for column in range(_KEY_WORDS):
        mixed = (mixed ^ spelled[:, column]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return np.asarray(mixed * np.uint64(0xBF58476D1CE4E5B9))


def hashes(spelled: Hashes, labels: NDArray[np.int64]) -> Hashes:
    """Return for each label the sum of what its members spell."""
    sums = np.zeros(len(labels), np.uint64)
    np.add.at(sums, labels, spelled)
    return sums


def _pieces(
    labels: NDArray[np.int64], looked_at: NDArray[np.int64], verifier: Verifier, cohesion: float
) -> tuple[NDArray[np.int64], list[int]]:
    """Return labels after cutting the groups ``looked_at`` by average linkage, and the groups that were cut."""
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], looked_at)
    ends = np.searchsorted(labels[order], looked_at, side="right")
    fresh, cut = labels.copy(), []
    groups = [order[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    batches = list(_batches(groups))
    for apart in in_parallel(lambda first, _: _parts(batches[first], verifier, cohesion), len(batches), 1):
        for members, first in apart:
            fresh[members] = members[first]
            cut.append(int(members[0]))
    return fresh, cut


def _parts(
    batch: list[NDArray[np.int64]], verifier: Verifier, cohesion: float
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the groups that come apart, and the first member of the part that each member is in."""
    found = []
    for members, apart in zip(batch, _distances(batch, verifier), strict=True):
        if apart.max() > 1 - cohesion:  # else no mean is larger
            first = kernels.flat_parts(linkage(apart, "average"), 1 - cohesion)
            if first.any():
                found.append((members, first))
    return found


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
