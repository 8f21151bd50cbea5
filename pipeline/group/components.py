"""Connected components that obey people: must-links join, must-not-links keep apart, whatever the rest says."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from pipeline.group import kernels

Pairs = NDArray[np.int64]


def components(size: int, edges: Pairs) -> NDArray[np.int64]:
    """Return for each node the smallest node of its component."""
    return kernels.components(size, edges)


def ruled_components(
    size: int, edges: Pairs, similarities: NDArray[np.float64], must: Pairs, must_not: Pairs
) -> NDArray[np.int64]:
    """Return components in which rulings win: strongest edges first, none that would join what is ruled apart.

    Where must-links alone connect two texts that are ruled apart, the must-links stand (the conflict is shown).
    """
    joined = components(size, np.concatenate([edges, must]))
    torn = np.unique(joined[must_not[joined[must_not[:, 0]] == joined[must_not[:, 1]]]])
    if not len(torn):
        return joined
    inside = np.isin(joined[edges[:, 0]], torn)
    order = np.lexsort((edges[inside][:, 1], edges[inside][:, 0], -similarities[inside]))
    forest = _Forest(must_not)
    for left, right in must[np.isin(joined[must[:, 0]], torn)].tolist():
        forest.join(left, right, forced=True)
    for left, right in edges[inside][order].tolist():
        forest.join(left, right)
    nodes = np.flatnonzero(np.isin(joined, torn))
    return forest.relabel(joined, nodes)


def path_between(left: int, right: int, edges: Pairs) -> list[int]:
    """Return the nodes of a shortest way from ``left`` to ``right`` along ``edges``; empty when there is none."""
    beside: dict[int, list[int]] = {}
    for one, other in edges.tolist():
        beside.setdefault(one, []).append(other)
        beside.setdefault(other, []).append(one)
    came_from = {left: left}
    ahead = deque([left])
    while ahead and right not in came_from:
        node = ahead.popleft()
        for other in sorted(beside.get(node, ())):
            if other not in came_from:
                came_from[other] = node
                ahead.append(other)
    if right not in came_from:
        return []
    way = [right]
    while way[-1] != left:
        way.append(came_from[way[-1]])
    return way[::-1]


class _Forest:
    """Union-find over the few texts that rulings touch; each root knows its members and whom it must not meet."""

    def __init__(self, must_not: Pairs) -> None:
        self._parent: dict[int, int] = {}
        self._apart: dict[int, set[int]] = {}
        for left, right in must_not.tolist():
            self._apart.setdefault(left, set()).add(right)
            self._apart.setdefault(right, set()).add(left)

    def find(self, node: int) -> int:
        root = node
        while (parent := self._parent.get(root, root)) != root:
            root = parent
        while node != root:
            self._parent[node], node = root, self._parent.get(node, node)
        return root

    def join(self, left: int, right: int, *, forced: bool = False) -> None:
        low, high = sorted((self.find(left), self.find(right)))
        if low == high or (not forced and self._barred(low, high)):
            return
        self._parent[high] = low
        if high in self._apart:
            self._apart.setdefault(low, set()).update(self._apart.pop(high))

    def _barred(self, left: int, right: int) -> bool:
        return any(self.find(other) == right for other in self._apart.get(left, ())) or any(
            self.find(other) == left for other in self._apart.get(right, ())
        )

    def relabel(self, labels: NDArray[np.int64], nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return ``labels`` with the smallest member as label for each of ``nodes``."""
        fresh = labels.copy()
        fresh[nodes] = [self.find(node) for node in nodes.tolist()]
        return fresh
