"""Pairs of texts in different groups that people should look at, and why: few, and the best first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.group import kernels, pairs
from pipeline.group.config import MATCHES, GroupConfig
from pipeline.group.pairs import Pairs, Steps
from pipeline.group.verify import Evidence, Verifier

_CJK = r"[\x{3400}-\x{9fff}]"
_LATIN = r"[a-z]{2,}"
_LATIN_WORDS = 3
_LOOKED_AT = 16
"""Pairs per group, by words and sounds, whose meaning is compared."""


def by_meaning(forms: pa.ChunkedArray, steps: Steps, config: GroupConfig) -> Pairs:
    """Return pairs whose vectors are near although they may share no word, where all pairs can be looked at."""
    able = pc.greater_equal(pc.utf8_length(forms), config.shortest).to_numpy()
    near = across_languages(forms, steps, able, config)
    if len(forms) > config.exact_vectors:
        return near
    found = pairs.nearest_vectors(steps, np.flatnonzero(able), config.near_vectors, config.neighbors)
    return pairs.union(near, found[able[found].all(axis=1)])


def across_languages(
    forms: pa.ChunkedArray, steps: Steps, able: NDArray[np.bool_], config: GroupConfig
) -> Pairs:
    """Return pairs of a text in Latin letters and a Chinese one, each the other's nearest in the other language."""
    chinese = pc.match_substring_regex(forms, _CJK).to_numpy().astype(bool)
    latin = pc.greater_equal(pc.count_substring_regex(forms, _LATIN), _LATIN_WORDS).to_numpy().astype(bool)
    rows, others = np.flatnonzero(able & latin & ~chinese), np.flatnonzero(able & chinese)
    if len(rows) * len(others) > config.exact_vectors**2:
        return np.zeros((0, 2), np.int64)
    return pairs.counterparts(steps, rows, others, config.alike_vectors)


def matches(
    keys: list[str],
    labels: NDArray[np.int64],
    found: Pairs,
    evidence: Evidence,
    steps: Steps,
    must_not: Pairs,
    verifier: Verifier,
    config: GroupConfig,
) -> pa.Table:
    """Return pairs in different groups that people should see: the best one of each two groups, with why.

    Pairs that people ruled apart are not suggested again.
    """
    between = np.flatnonzero(labels[found[:, 0]] != labels[found[:, 1]])
    high = evidence.similarity >= config.suggested
    likely = between[high[between]]
    likely = _best_between_groups(likely, labels[found[likely]], evidence.similarity[likely], _LOOKED_AT)
    rows = np.sort(np.concatenate([likely, between[~high[between]]]))
    near = pairs.vector_cosines(steps, found[rows])
    worth = _worth_a_look(evidence.take(rows), near, config)
    rows, near = rows[worth], near[worth]
    strength = np.round(evidence.similarity[rows] + near, 6)
    ruled = {tuple(sorted(pair)) for pair in labels[must_not].tolist()}
    best = _best_between_groups(rows, labels[found[rows]], strength, config.most_suggested)
    meaning = dict(zip(rows.tolist(), near.tolist(), strict=True))
    said = [row for row in best.tolist() if tuple(sorted(labels[found[row]].tolist())) not in ruled]
    why = verifier.explain(found[said], evidence.take(np.array(said, np.int64)))
    return pa.table(
        {
            "left_key": [keys[row] for row in found[said, 0].tolist()],
            "right_key": [keys[row] for row in found[said, 1].tolist()],
            "similarity": evidence.similarity[said],
            "why": [f"{words}, meaning {meaning[row]:.2f}" for row, words in zip(said, why, strict=True)],
        }
    ).cast(MATCHES)


def _worth_a_look(evidence: Evidence, near: NDArray[np.float32], config: GroupConfig) -> NDArray[np.bool_]:
    """Common words and a like meaning, a correction or a template of common words, or a meaning found by vectors.

    Pairs below ``suggested`` are here only because their vectors are near.
    """
    alike = evidence.similarity >= config.suggested
    told = (near >= config.alike_vectors) | evidence.corrects | evidence.swapped_place
    return np.asarray(told | ~alike)


def _best_between_groups(
    rows: NDArray[np.int64], groups: NDArray[np.int64], strength: NDArray[np.float64], most: int
) -> NDArray[np.int64]:
    """Return the best row of each two groups, in order; a pair is there for a group that has fewer than ``most``."""
    low, high = groups.min(axis=1, initial=1 << 31), groups.max(axis=1, initial=0)
    order = np.argsort(-strength, kind="stable")
    return np.asarray(rows[kernels.best_between(low, high, order, most)])
