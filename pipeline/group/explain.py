"""Why a group is a group: its most typical text, how near each member is, its weakest link, its words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.group.config import MATCHES, MEMBERS, GroupConfig
from pipeline.group.pairs import Pairs
from pipeline.group.verify import Evidence, Verifier
from pipeline.group.views import Sparse, View

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


def matches(
    keys: list[str],
    labels: NDArray[np.int64],
    found: Pairs,
    evidence: Evidence,
    near: NDArray[np.float32],
    must_not: Pairs,
    verifier: Verifier,
    config: GroupConfig,
) -> pa.Table:
    """Return pairs in different groups that people should see: the best one of each two groups, with why.

    Pairs that people ruled apart are not suggested again.
    """
    shown = (evidence.similarity >= config.suggested) | (near >= config.near_vectors)
    rows = np.flatnonzero(shown & (labels[found[:, 0]] != labels[found[:, 1]]))
    ends = np.sort(labels[found[rows]], axis=1)
    best = rows[np.lexsort((rows, -evidence.similarity[rows], ends[:, 1], ends[:, 0]))]
    codes = np.sort(labels[found[best]], axis=1) @ np.array([len(keys), 1])
    best = best[np.sort(np.unique(codes, return_index=True)[1])]
    ruled = {tuple(sorted(pair)) for pair in labels[must_not].tolist()}
    said = [row for row in best.tolist() if tuple(sorted(labels[found[row]].tolist())) not in ruled]
    return pa.Table.from_pylist(
        [
            {
                "left_key": keys[found[row, 0]],
                "right_key": keys[found[row, 1]],
                "similarity": float(evidence.similarity[row]),
                "why": f"{verifier.explain(found[row], evidence, row)}, meaning {near[row]:.2f}",
            }
            for row in said
        ],
        schema=MATCHES,
    )


def keywords(keys: list[str], labels: NDArray[np.int64], words: View) -> dict[str, list[str]]:
    """Return for each group of two or more texts the words that tie it, strongest first."""
    sizes = np.bincount(labels, minlength=len(labels))
    order = np.argsort(labels, kind="stable")
    several = np.flatnonzero(sizes > 1)
    starts = np.searchsorted(labels[order], several)
    found: dict[str, list[str]] = {}
    for label, start in zip(several.tolist(), starts.tolist(), strict=True):
        rows = words.rows[order[start : start + sizes[label]]]
        found[keys[label]] = [words.names[column] for column in _tying(rows)]
    return found


def _tying(rows: Sparse) -> list[int]:
    """Return the columns that two or more rows share, heaviest first."""
    columns, place = np.unique(rows.indices, return_inverse=True)
    weight = np.bincount(place, weights=rows.data)
    shared = np.bincount(place) > 1
    best = np.lexsort((columns, -np.round(weight, 6)))
    return [int(columns[index]) for index in best if shared[index]][:_KEYWORDS]
