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
    ruled = {tuple(sorted(pair)) for pair in labels[must_not].tolist()}
    best = _best_between_groups(rows, labels[found[rows]], evidence.similarity[rows], config.most_suggested)
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


def _best_between_groups(
    rows: NDArray[np.int64], groups: NDArray[np.int64], similarity: NDArray[np.float64], most: int
) -> NDArray[np.int64]:
    """Return the best row of each two groups, and of those the ``most`` best of each group, in order."""
    low, high = groups.min(axis=1, initial=1 << 31), groups.max(axis=1, initial=0)
    order = np.lexsort((rows, -similarity))
    _, first = np.unique((low << 32 | high)[order], return_index=True)
    order = order[np.sort(first)]
    kept = _rank_within(low[order]) < most
    kept |= _rank_within(high[order]) < most
    return np.sort(rows[order[kept]])


def _rank_within(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each entry how many entries of its group come before it."""
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    lengths = np.diff(np.append(starts, len(groups)))
    rank = np.empty(len(groups), np.int64)
    rank[order] = np.arange(len(groups)) - np.repeat(starts, lengths)
    return rank


def keywords(keys: list[str], labels: NDArray[np.int64], words: View) -> dict[str, list[str]]:
    """Return for each group of two or more texts the words that tie it, strongest first."""
    sizes = np.bincount(labels, minlength=len(labels))
    order = np.argsort(labels, kind="stable")
    several = np.flatnonzero(sizes > 1)
    starts = np.searchsorted(labels[order], several)
    found: dict[str, list[str]] = {}
    for label, start in zip(several.tolist(), starts.tolist(), strict=True):
        rows = words.rows[order[start : start + sizes[label]]]
        found[keys[label]] = _tying(rows, words.names)
    return found


def _tying(rows: Sparse, names: tuple[str, ...]) -> list[str]:
    """Return the words, not numbers, that two or more rows share, heaviest first."""
    columns, place = np.unique(rows.indices, return_inverse=True)
    weight = np.bincount(place, weights=rows.data)
    shared = np.bincount(place) > 1
    best = np.lexsort((columns, -np.round(weight, 6)))
    words = [names[columns[index]] for index in best if shared[index]]
    return [word for word in words if not word[0].isdigit()][:_KEYWORDS]
