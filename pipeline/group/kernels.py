"""The inner loops over pairs, compiled: sums over what two sparse rows share, and what pairs make of their ends.

Every sum runs over columns in ascending order in single precision, so a pair has the same value to the last bit
whichever text comes first, whatever else is in the table, and on any number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pipeline.parallel import in_parallel

Ints = NDArray[Any]
Floats = NDArray[np.float32]

_PAIRS_PER_TASK = 200_000


def shared(rows: Any, weights: Floats, left: Ints, right: Ints) -> tuple[Floats, Floats]:  # noqa: ANN401  scipy
    """Return for each pair of rows the sum of products over shared columns: of the values, and of ``weights``.

    ``rows`` is a CSR matrix with sorted columns; ``weights`` is a second value beside each of its values.
    """
    values, others = np.empty(len(left), np.float32), np.empty(len(left), np.float32)

    def work(first: int, last: int) -> None:
        _shared(
            rows.indptr,
            rows.indices,
            rows.data,
            weights,
            left[first:last],
            right[first:last],
            values[first:last],
            others[first:last],
        )

    list(in_parallel(work, len(left), _PAIRS_PER_TASK))
    return values, others


def dots(steps: NDArray[np.int8], left: Ints, right: Ints) -> NDArray[np.int32]:
    """Return the dot product of each pair of rows, exact."""
    products = np.empty(len(left), np.int32)
    list(
        in_parallel(
            lambda first, last: _dots(steps, left[first:last], right[first:last], products[first:last]),
            len(left),
            _PAIRS_PER_TASK,
        )
    )
    return products


def best_between(groups: Ints, weakness: Ints, most: int) -> NDArray[np.bool_]:
    """Say which pairs of groups are taken when one goes through them from the least weakness on.

    ``groups`` has one row per pair. Two groups are paired once, and only while one of them has been paired fewer than
    ``most`` times. ``weakness`` is a small whole number; of equally weak pairs the first comes first.
    """
    kept = np.zeros(len(groups), np.bool_)
    if len(groups):
        count = np.zeros(int(groups.max()) + 1, np.int32)
        taken = np.full(1 << (len(groups) + len(groups) // 2).bit_length(), -1, np.int64)
        _best_between(groups, _counted(weakness, int(weakness.max())), most, count, taken, kept)
    return kept


@njit(nogil=True, cache=True)
def components(size: int, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each node the smallest node of its component: a forest whose roots are the smallest nodes."""
    up = np.arange(size)
    for edge in range(len(edges)):
        one, other = edges[edge, 0], edges[edge, 1]
        while up[one] != one:
            up[one] = up[up[one]]
            one = up[one]
        while up[other] != other:
            up[other] = up[up[other]]
            other = up[other]
        if one < other:
            up[other] = one
        else:
            up[one] = other
    for node in range(size):  # a node's parent is smaller, and has been led to its root before it
        up[node] = up[up[node]]
    return up


@njit(nogil=True, cache=True)
def flat_parts(merges: NDArray[np.float64], highest: float) -> NDArray[np.int64]:
    """Return for each leaf of a dendrogram the first leaf of its part when no part merges above ``highest``.

    ``merges`` is scipy's ``linkage``. What its ``fcluster`` does by distance, without the checks that cost more.
    """
    leaves = len(merges) + 1
    top = np.zeros(2 * leaves - 1)
    for row in range(leaves - 1):
        one, other = int(merges[row, 0]), int(merges[row, 1])
        top[leaves + row] = max(merges[row, 2], top[one], top[other])
    part = np.arange(2 * leaves - 1)
    for row in range(leaves - 2, -1, -1):
        if top[leaves + row] <= highest:
            part[int(merges[row, 0])] = part[int(merges[row, 1])] = part[leaves + row]
    first = np.full(2 * leaves - 1, -1, np.int64)
    for leaf in range(leaves):
        if first[part[leaf]] < 0:
            first[part[leaf]] = leaf
    return first[part[:leaves]]


@njit(nogil=True, cache=True)
def _shared(
    starts: Ints,
    columns: Ints,
    values: Floats,
    weights: Floats,
    left: Ints,
    right: Ints,
    products: Floats,
    weighted: Floats,
) -> None:
    """One row of a pair is kept in a table from pair to pair, for neighbors mostly have it in common."""
    named, places, last, kept = np.full(2, -1, np.int32), np.empty(2, np.int64), 0, -1
    for pair in range(len(left)):
        one, other = left[pair], right[pair]
        if one == kept or (other != kept and pair + 1 < len(left) and left[pair + 1] == one):
            one, other = other, one
        if other != kept:
            named, places, last = _tabled(columns, starts[other], starts[other + 1], named, places)
            kept = other
        product = weight = np.float32(0)
        for place in range(starts[one], starts[one + 1]):
            slot = _slot(columns[place], named, last)
            if named[slot] != -1:
                product += values[place] * values[places[slot]]
                weight += weights[place] * weights[places[slot]]
        products[pair] = product
        weighted[pair] = weight


@njit(nogil=True, cache=True)
def _tabled(columns: Ints, start: int, end: int, named: Ints, places: Ints) -> tuple[Ints, Ints, int]:
    """Put one row into the open-addressing table ``named`` with the place of each column; return its last slot, too."""
    size = 2
    while size < 2 * (end - start):
        size *= 2
    if size > len(named):
        named, places = np.empty(size, np.int32), np.empty(size, np.int64)
    named[:size] = -1
    for place in range(start, end):
        slot = _slot(columns[place], named, size - 1)
        named[slot], places[slot] = columns[place], place
    return named, places, size - 1


@njit(nogil=True, cache=True)
def _slot(column: int, named: Ints, last: int) -> Any:  # noqa: ANN401  numba's own whole number
    """Return the slot of this column, or the empty one where it would be."""
    slot = (np.int64(column) * np.int64(0x9E3779B1)) >> 12 & last
    while named[slot] != column and named[slot] != -1:
        slot = (slot + 1) & last
    return slot


@njit(nogil=True, cache=True)
def _dots(steps: NDArray[np.int8], left: Ints, right: Ints, products: Ints) -> None:
    for pair in range(len(left)):
        one, other = steps[left[pair]], steps[right[pair]]
        product = np.int32(0)
        for place in range(steps.shape[1]):
            product += np.int32(one[place]) * np.int32(other[place])
        products[pair] = product


@njit(nogil=True, cache=True)
def _counted(values: Ints, highest: int) -> Ints:
    """Return the positions that sort ``values``: counting takes a fifth of the time that comparing does."""
    starts = np.zeros(highest + 2, np.int32)
    for value in values:
        starts[value + 1] += 1
    for value in range(highest + 1):
        starts[value + 1] += starts[value]
    order = np.empty(len(values), np.int32)
    for row in range(len(values)):
        order[starts[values[row]]] = row
        starts[values[row]] += 1
    return order


@njit(nogil=True, cache=True)
def _best_between(groups: Ints, order: Ints, most: int, count: Ints, taken: Ints, kept: Ints) -> None:
    """``taken`` is an open-addressing table of the pairs that were taken: a set is several times slower."""
    last = len(taken) - 1
    for row in order:
        one, other = min(groups[row, 0], groups[row, 1]), max(groups[row, 0], groups[row, 1])
        if count[one] < most or count[other] < most:
            code = np.int64(one) << 32 | np.int64(other)
            place = (code * np.int64(0x9E3779B97F4A7C1)) >> 20 & last
            while taken[place] != -1 and taken[place] != code:
                place = (place + 1) & last
            if taken[place] == -1:
                taken[place] = code
                count[one] += 1
                count[other] += 1
                kept[row] = True
