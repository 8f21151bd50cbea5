"""The search for near rows, compiled; sums run over columns in ascending order, as in ``kernels``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import sparse

from pipeline.parallel import in_parallel

Ints = NDArray[Any]
Floats = NDArray[np.float32]
Near = tuple[Ints, Ints, Floats]
BothWays = tuple[Ints, Ints, Floats, Ints, Ints, Floats]

_ROWS_PER_TASK = 2_000


def nearest_before(arrays: BothWays, chosen: Ints, floor: float, most: int) -> Near:
    """Return (chosen row, earlier row, product) for the ``most`` earlier rows nearest to each, from ``floor`` on.

    Of equally near rows the earlier is taken. Rows come in the order of ``chosen``, those near to one in theirs.
    """
    least = np.float32(floor)
    return _joined(
        in_parallel(
            lambda first, last: _nearest_before(*arrays, chosen[first:last], least, most),
            len(chosen),
            _ROWS_PER_TASK,
        )
    )


def near_rows(arrays: BothWays, chosen: Ints, floor: float) -> Near:
    """Return (chosen row, other row, product) for every other row that reaches ``floor``."""
    least = np.float32(floor)
    return _joined(
        in_parallel(
            lambda first, last: _near_rows(*arrays, chosen[first:last], least), len(chosen), _ROWS_PER_TASK
        )
    )


def both_ways(rows: Any, chosen: Ints) -> BothWays:  # noqa: ANN401  scipy
    """Return the arrays of a matrix by rows, then by columns; of columns that no ``chosen`` row has, nothing.

    ``rows`` is a CSR matrix with sorted columns and positive values.
    """
    told = rows
    if 2 * len(chosen) < rows.shape[0]:
        wanted = np.zeros(rows.shape[1], np.bool_)
        wanted[rows[chosen].indices] = True
        told = _of_columns(rows, wanted)
    columns = told.tocsc()
    return rows.indptr, rows.indices, rows.data, columns.indptr, columns.indices, columns.data


def _of_columns(rows: Any, wanted: NDArray[np.bool_]) -> Any:  # noqa: ANN401  scipy
    kept = wanted[rows.indices]
    starts = np.zeros(rows.nnz + 1, rows.indptr.dtype)
    np.cumsum(kept, out=starts[1:])
    parts = (rows.data[kept], rows.indices[kept], starts[rows.indptr])
    return sparse.csr_matrix(parts, shape=rows.shape)


def _joined(parts: Iterable[Near]) -> Near:
    found = list(parts)
    if not found:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32)
    one, other, products = zip(*found, strict=True)
    return np.concatenate(one), np.concatenate(other), np.concatenate(products)


@njit(nogil=True, cache=True)
def _nearest_before(
    starts: Ints,
    columns: Ints,
    values: Floats,
    postings: Ints,
    owners: Ints,
    weights: Floats,
    chosen: Ints,
    floor: np.float32,
    most: int,
) -> tuple[Ints, Ints, Floats]:
    size = chosen.max() + 1
    sums = np.zeros(size, np.float32)
    touched = np.empty(size, np.int32)
    left, right, near = _near(len(chosen) * 8 + most)
    count = 0
    for row in chosen:
        own = slice(starts[row], starts[row + 1])
        met = _gather_row(columns[own], values[own], postings, owners, weights, row, sums, touched)
        best = _best(sums, touched, met, floor, most)
        left, right, near = _with_room(left, right, near, count + len(best))
        for other in best:
            left[count], right[count], near[count] = row, other, sums[other]
            count += 1
        for index in range(met):
            sums[touched[index]] = 0
    return left[:count].copy(), right[:count].copy(), near[:count].copy()


@njit(nogil=True, cache=True)
def _near_rows(
    starts: Ints,
    columns: Ints,
    values: Floats,
    postings: Ints,
    owners: Ints,
    weights: Floats,
    chosen: Ints,
    floor: np.float32,
) -> tuple[Ints, Ints, Floats]:
    size = len(starts) - 1
    sums = np.zeros(size, np.float32)
    touched = np.empty(size, np.int32)
    left, right, near = _near(len(chosen) * 64)
    count = 0
    for row in chosen:
        own = slice(starts[row], starts[row + 1])
        met = _gather_row(columns[own], values[own], postings, owners, weights, size, sums, touched)
        left, right, near = _with_room(left, right, near, count + met)
        for index in range(met):
            other = touched[index]
            if other != row and sums[other] >= floor:
                left[count], right[count], near[count] = row, other, sums[other]
                count += 1
            sums[other] = 0
    return left[:count].copy(), right[:count].copy(), near[:count].copy()


@njit(nogil=True, cache=True)
def _gather_row(
    columns: Ints,
    values: Floats,
    postings: Ints,
    owners: Ints,
    weights: Floats,
    before: int,
    sums: Floats,
    touched: Ints,
) -> int:
    """Add the products of one row with every row ``before``; return how many of them were met."""
    met = 0
    for place in range(len(columns)):
        column = slice(postings[columns[place]], postings[columns[place] + 1])
        met = _gather(before, values[place], owners[column], weights[column], sums, touched, met)
    return met


@njit(nogil=True, cache=True)
def _gather(
    row: int, value: np.float32, owners: Ints, weights: Floats, sums: Floats, touched: Ints, met: int
) -> int:
    """Add what one column contributes to earlier rows; return how many rows were met so far."""
    for posting in range(len(owners)):
        other = owners[posting]
        if other >= row:
            break
        if sums[other] == 0:
            touched[met] = other
            met += 1
        sums[other] += value * weights[posting]
    return met


@njit(nogil=True, cache=True)
def _best(sums: Floats, touched: Ints, met: int, floor: np.float32, most: int) -> Ints:
    """Return the rows met that reach the floor, the nearest ``most`` of them."""
    high = np.empty(met, np.int32)
    kept = 0
    for index in range(met):
        if sums[touched[index]] >= floor:
            high[kept] = touched[index]
            kept += 1
    best = np.sort(high[:kept])
    return np.sort(best[np.argsort(-sums[best], kind="mergesort")[:most]]) if kept > most else best


@njit(nogil=True, cache=True)
def _near(room: int) -> Near:
    return np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.float32)


@njit(nogil=True, cache=True)
def _with_room(left: Ints, right: Ints, near: Floats, wanted: int) -> Near:
    """Return these, or twice as long and more where ``wanted`` do not fit."""
    if wanted <= len(left):
        return left, right, near
    longer = _near(2 * len(left) + wanted)
    longer[0][: len(left)], longer[1][: len(left)], longer[2][: len(left)] = left, right, near
    return longer
