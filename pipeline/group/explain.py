"""Why a group is a group: its most typical text, how near each member is, its weakest link, its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from pipeline.group.components import path_between
from pipeline.group.pairs import Pairs
from pipeline.group.schemas import CONFLICTS, MEMBERS
from pipeline.group.verify import Verifier
from pipeline.schema import STRINGS

_KEYWORDS = 8


@dataclass(frozen=True)
class Likeness:
    """How near each text is to the exemplar of its group."""

    exemplar: NDArray[np.int64]
    """The text that is its exemplar; -1 where that is not known."""
    similarity: NDArray[np.float64]

    @classmethod
    def none(cls, size: int) -> Likeness:
        """Nothing is known about ``size`` texts."""
        return cls(np.full(size, -1, np.int64), np.zeros(size))


@dataclass(frozen=True)
class Ties:
    """The words that tie groups, each group told by the sum of what its members spell."""

    groups: NDArray[np.uint64]
    """Sorted."""
    words: pa.ListArray

    @classmethod
    def none(cls) -> Ties:
        """Nothing is known."""
        return cls(np.zeros(0, np.uint64), pa.array([], STRINGS))

    def places(self, groups: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return where these groups are; -1 for those that are not known."""
        place = np.searchsorted(self.groups, groups)
        inside = np.minimum(place, max(len(self.groups) - 1, 0))
        known = (place < len(self.groups)) & (self.groups[inside] == groups if len(self.groups) else False)
        return np.where(known, place, -1)


def members(
    texts: pa.Table,
    labels: NDArray[np.int64],
    found: Pairs,
    similarity: NDArray[np.float64],
    must: Pairs,
    likeness: Likeness,
    keywords: pa.ListArray,
) -> pa.Table:
    """Return one row per text, as ``Grouping.members`` promises."""
    size = len(labels)
    inside = labels[found[:, 0]] == labels[found[:, 1]]
    best = _best(size, found[inside], similarity[inside])
    grouped = np.bincount(labels, minlength=size)[labels] > 1
    weakest = np.full(size, np.inf)
    np.minimum.at(weakest, labels[grouped], best[grouped])
    repeated = np.asarray(texts.column("post_count").to_numpy()) > 1
    ruled = np.isin(np.arange(size), must) & grouped & (best == 0)
    joined = np.select([ruled, grouped, repeated], [0, 1, 2], 3)
    keys = texts.column("text_key").combine_chunks()
    return pa.table(
        {
            "text_key": keys,
            "group_key": keys.take(pa.array(labels)),
            "similarity": likeness.similarity,
            "is_exemplar": likeness.exemplar == np.arange(size),
            "joined_by": _JOINED.take(pa.array(joined)),
            "weakest_link": pa.array(np.where(grouped, weakest[labels], 0.0), mask=~grouped),
            "keywords": keywords,
        }
    ).cast(MEMBERS)


_JOINED = pa.array(["ruling", "similar", "exact", "alone"])


def likeness(
    labels: NDArray[np.int64],
    found: Pairs,
    similarity: NDArray[np.float64],
    verifier: Verifier,
    known: Likeness,
) -> Likeness:
    """Return the exemplar of each text, the member with the most support, and how near the text is to it.

    What is ``known`` of a text and an exemplar is not compared again.
    """
    size = len(labels)
    inside = labels[found[:, 0]] == labels[found[:, 1]]
    exemplar = _exemplars(labels, _summed(size, found[inside], similarity[inside]))
    near = np.where(exemplar == known.exemplar, known.similarity, 1.0)
    others = np.flatnonzero((exemplar != np.arange(size)) & (exemplar != known.exemplar))
    near[others] = verifier.compare(np.stack([others, exemplar[others]], axis=1)).similarity
    return Likeness(exemplar, near)


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


def ties(
    labels: NDArray[np.int64], spelled: NDArray[np.uint64], verifier: Verifier, known: Ties
) -> tuple[pa.ListArray, Ties]:
    """Return for each text the words that tie its group, none where it is alone; and those of each group.

    Groups that are ``known`` are not looked at again.
    """
    sizes = np.bincount(labels, minlength=len(labels))
    groups = np.flatnonzero(sizes > 1)
    place = known.places(spelled[groups])
    anew = _keywords(labels, groups[place < 0], verifier)
    place[place < 0] = len(known.words) + np.arange(len(anew))
    words = pa.concat_arrays([known.words, anew]).take(pa.array(place))
    of_text = np.full(len(labels), len(words), np.int64)
    of_text[groups] = np.arange(len(words))
    each = pa.concat_arrays([words, pa.array([[]], STRINGS)]).take(pa.array(of_text[labels]))
    order = np.argsort(spelled[groups])
    return each, Ties(spelled[groups][order], words.take(pa.array(order)))


def _keywords(labels: NDArray[np.int64], groups: NDArray[np.int64], verifier: Verifier) -> pa.ListArray:
    """Return for each of ``groups`` the words, not numbers, that two of its texts share, heaviest first."""
    if not len(groups):
        return pa.array([], STRINGS)
    place = np.full(len(labels), -1, np.int64)
    place[groups] = np.arange(len(groups))
    inside = np.flatnonzero(place[labels] >= 0)
    rows, names = verifier.words_of(inside)
    shape = (len(groups), rows.shape[1])
    owners = np.repeat(place[labels[inside]], np.diff(rows.indptr))
    weight = sparse.csr_matrix((rows.data.astype(np.float64), (owners, rows.indices)), shape=shape)
    count = sparse.csr_matrix((np.ones(rows.nnz, np.int32), (owners, rows.indices)), shape=shape)
    telling = (count.data > 1) & ~np.array([name[0].isdigit() for name in names], bool)[count.indices]
    owner = np.repeat(np.arange(len(groups)), np.diff(count.indptr))[telling]
    column, heavy = count.indices[telling], -np.round(weight.data[telling], 6)
    order = np.lexsort((column, heavy, owner))
    starts = np.searchsorted(owner[order], np.arange(len(groups) + 1))
    kept = np.arange(len(order)) - starts[owner[order]] < _KEYWORDS
    offsets = np.searchsorted(owner[order][kept], np.arange(len(groups) + 1))
    values = pa.array(names, pa.string()).take(pa.array(column[order][kept].astype(np.int64)))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values).cast(STRINGS)


def conflicts(keys: pa.Array, labels: NDArray[np.int64], must: Pairs, must_not: Pairs) -> pa.Table:
    """Return the pairs that one ruling parts although other rulings join them, as ``Grouping.conflicts`` promises."""
    torn = must_not[labels[must_not[:, 0]] == labels[must_not[:, 1]]]
    ends = [f"{side}_key" for side in ("left", "right")]
    rows = [
        dict(zip(ends, keys.take([left, right]).to_pylist(), strict=True))
        | {"through_keys": keys.take(path_between(left, right, must)).to_pylist()}
        for left, right in torn.tolist()
    ]
    return pa.Table.from_pylist(rows, schema=CONFLICTS)
