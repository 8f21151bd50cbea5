"""Why a group is a group: its most typical text, how near each member is, its weakest link, its words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.group.config import MEMBERS
from pipeline.group.views import Sparse

_KEYWORDS = 8


def members(
    keys: list[str],
    labels: NDArray[np.int64],
    found: NDArray[np.int64],
    similarity: NDArray[np.float64],
    must: NDArray[np.int64],
    vectors: NDArray[np.float32],
    post_counts: pa.ChunkedArray,
) -> pa.Table:
    """Return one row per text, as ``Grouping.members`` promises."""
    size = len(keys)
    inside = labels[found[:, 0]] == labels[found[:, 1]]
    links, strengths = found[inside], similarity[inside]
    support = np.zeros(size)
    np.add.at(support, links[:, 0], strengths)
    np.add.at(support, links[:, 1], strengths)
    exemplar = _exemplars(labels, support)
    near = np.full(size, np.nan)
    near[exemplar == np.arange(size)] = 1.0
    for end, other in ((0, 1), (1, 0)):
        to_exemplar = exemplar[links[:, end]] == links[:, other]
        near[links[to_exemplar, end]] = strengths[to_exemplar]
    far = np.flatnonzero(np.isnan(near))
    near[far] = np.clip(np.einsum("ij,ij->i", vectors[far], vectors[exemplar[far]]), 0, 1)
    best = np.zeros(size)
    np.maximum.at(best, links[:, 0], strengths)
    np.maximum.at(best, links[:, 1], strengths)
    grouped = np.bincount(labels, minlength=size)[labels] > 1
    weakest = np.full(size, np.inf)
    np.minimum.at(weakest, labels[grouped], best[grouped])
    ruled = np.isin(np.arange(size), must) & grouped & (best == 0)
    repeated = np.asarray(post_counts.to_numpy()) > 1
    joined = np.select([ruled, grouped, repeated], ["ruling", "similar", "exact"], "alone")
    names = np.array(keys, dtype=object)
    return pa.table(
        {
            "text_key": keys,
            "group_key": names[labels].tolist(),
            "similarity": np.round(near, 6),
            "is_exemplar": exemplar == np.arange(size),
            "joined_by": joined.tolist(),
            "weakest_link": pa.array(np.where(grouped, weakest[labels], np.nan), mask=~grouped),
        }
    ).cast(MEMBERS)


def _exemplars(labels: NDArray[np.int64], support: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each text the member of its group with the most support; the smaller key wins a draw."""
    order = np.lexsort((np.arange(len(labels)), -support, labels))
    _, first = np.unique(labels[order], return_index=True)
    best = np.full(len(labels), -1, np.int64)
    best[labels[order][first]] = order[first]
    return best[labels]


def keywords(
    keys: list[str], labels: NDArray[np.int64], words: Sparse, vocabulary: list[str]
) -> dict[str, list[str]]:
    """Return for each group of two or more texts the words that tie it, strongest first."""
    sizes = np.bincount(labels, minlength=len(labels))
    found: dict[str, list[str]] = {}
    order = np.argsort(labels, kind="stable")
    bounds = np.flatnonzero(np.diff(labels[order], prepend=-1))
    for start in bounds:
        label = int(labels[order[start]])
        if sizes[label] > 1:
            rows = words[order[start : start + sizes[label]]]
            found[keys[label]] = _tying(rows, vocabulary)
    return found


def _tying(rows: Sparse, vocabulary: list[str]) -> list[str]:
    weight = np.bincount(rows.indices, weights=rows.data)
    shared = np.bincount(rows.indices)
    weight[shared < 2] = 0
    best = np.lexsort((np.arange(len(weight)), -weight))[:_KEYWORDS]
    return [vocabulary[index] for index in best if weight[index] > 0]
