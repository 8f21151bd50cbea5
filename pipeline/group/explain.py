"""Why a group is a group: its most typical text, how near each member is, its weakest link, its words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from pipeline.group.components import path_between
from pipeline.group.config import CONFLICTS, MEMBERS
from pipeline.group.pairs import Pairs
from pipeline.group.verify import Verifier
from pipeline.group.views import View

_KEYWORDS = 8


def members(
    texts: pa.Table,
    labels: NDArray[np.int64],
    found: Pairs,
    similarity: NDArray[np.float64],
    must: Pairs,
    verifier: Verifier,
) -> pa.Table:
    """Return one row per text, as ``Grouping.members`` promises."""
    size = len(labels)
    inside = labels[found[:, 0]] == labels[found[:, 1]]
    links, strengths = found[inside], similarity[inside]
    exemplar = _exemplars(labels, _summed(size, links, strengths))
    best = _best(size, links, strengths)
    grouped = np.bincount(labels, minlength=size)[labels] > 1
    weakest = np.full(size, np.inf)
    np.minimum.at(weakest, labels[grouped], best[grouped])
    repeated = np.asarray(texts.column("post_count").to_numpy()) > 1
    ruled = np.isin(np.arange(size), must) & grouped & (best == 0)
    joined = np.select([ruled, grouped, repeated], ["ruling", "similar", "exact"], "alone")
    keys = np.array(texts.column("text_key").to_pylist(), dtype=object)
    return pa.table(
        {
            "text_key": keys.tolist(),
            "group_key": keys[labels].tolist(),
            "similarity": _to_exemplar(exemplar, verifier),
            "is_exemplar": exemplar == np.arange(size),
            "joined_by": joined.tolist(),
            "weakest_link": pa.array(np.where(grouped, weakest[labels], 0.0), mask=~grouped),
        }
    ).cast(MEMBERS)


def _summed(size: int, links: Pairs, strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.bincount(links[:, 0], strengths, size) + np.bincount(links[:, 1], strengths, size)
    return np.asarray(np.round(total, 6))


def _best(size: int, links: Pairs, strengths: NDArray[np.float64]) -> NDArray[np.float64]:
    best = np.zeros(size)
    np.maximum.at(best, links[:, 0], strengths)
    np.maximum.at(best, links[:, 1], strengths)
    return best


def _exemplars(labels: NDArray[np.int64], support: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each text the member of its group with the most support; the smaller key wins a draw."""
    order = np.lexsort((np.arange(len(labels)), -support, labels))
    _, first = np.unique(labels[order], return_index=True)
    best = np.full(len(labels), -1, np.int64)
    best[labels[order][first]] = order[first]
    return best[labels]


def _to_exemplar(exemplar: NDArray[np.int64], verifier: Verifier) -> NDArray[np.float64]:
    near = np.ones(len(exemplar))
    others = np.flatnonzero(exemplar != np.arange(len(exemplar)))
    near[others] = verifier.compare(np.stack([others, exemplar[others]], axis=1)).similarity
    return near


def keywords(keys: list[str], labels: NDArray[np.int64], words: View) -> dict[str, list[str]]:
    """Return for each group of two or more texts the words, not numbers, that two of them share, heaviest first."""
    inside = np.flatnonzero(np.bincount(labels, minlength=len(labels))[labels] > 1)
    rows = words.rows[inside]
    groups, place = np.unique(labels[inside], return_inverse=True)
    shape = (len(groups), rows.shape[1])
    owners = np.repeat(place, np.diff(rows.indptr))
    weight = sparse.csr_matrix((rows.data.astype(np.float64), (owners, rows.indices)), shape=shape)
    count = sparse.csr_matrix((np.ones(rows.nnz, np.int32), (owners, rows.indices)), shape=shape)
    telling = (count.data > 1) & ~np.array([name[0].isdigit() for name in words.names], bool)[count.indices]
    owner = np.repeat(np.arange(len(groups)), np.diff(count.indptr))[telling]
    column, heavy = count.indices[telling], -np.round(weight.data[telling], 6)
    order = np.lexsort((column, heavy, owner))
    found: dict[str, list[str]] = {keys[label]: [] for label in groups.tolist()}
    listed = [found[keys[label]] for label in groups.tolist()]
    for group, name in zip(owner[order].tolist(), column[order].tolist(), strict=True):
        if len(listed[group]) < _KEYWORDS:
            listed[group].append(words.names[name])
    return found


def conflicts(keys: list[str], labels: NDArray[np.int64], must: Pairs, must_not: Pairs) -> pa.Table:
    """Return the pairs that one ruling parts although other rulings join them, as ``Grouping.conflicts`` promises."""
    torn = must_not[labels[must_not[:, 0]] == labels[must_not[:, 1]]]
    ends = [f"{side}_key" for side in ("left", "right")]
    rows = [
        dict(zip(ends, (keys[left], keys[right]), strict=True))
        | {"through_keys": [keys[node] for node in path_between(left, right, must)]}
        for left, right in torn.tolist()
    ]
    return pa.Table.from_pylist(rows, schema=CONFLICTS)
