"""The stage: candidates, evidence, components, explanations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import StageError
from pipeline.group import explain, pairs, suggest, views
from pipeline.group.cohesion import cut_drift
from pipeline.group.components import ruled_components
from pipeline.group.config import GroupConfig, Grouping, TextRuling
from pipeline.group.pairs import Pairs
from pipeline.group.verify import Verifier

Progress = Callable[[int, int], None]
_STEPS = 5
_PACKED = 3
"""Syllables in a row by which candidates are found: few enough to survive disguise, enough to be rare."""


def group(
    texts: pa.Table,
    vectors: NDArray[np.float32],
    config: GroupConfig | None = None,
    rulings: Sequence[TextRuling] = (),
    progress: Progress | None = None,
) -> Grouping:
    """Return the groups of ``texts`` (``TEXTS``); row i of ``vectors`` belongs to text i.

    The same texts in any order give the same groups. Rulings always win; rulings on texts that are not here have
    no effect, and a must-ruling wins over a must-not that it contradicts. Raises ``StageError`` when vectors and
    texts do not belong together.
    """
    config, told = config or GroupConfig(), progress or (lambda done, total: None)
    texts, vectors = _in_order(texts, vectors)
    steps = pairs.quantize(vectors)
    keys = texts.column("text_key").to_pylist()
    verifier = Verifier(texts, config)
    told(1, _STEPS)
    able = pc.greater_equal(pc.utf8_length(texts.column("match_text")), config.shortest).to_numpy()
    asked = suggest.by_meaning(texts.column("match_text"), steps, config)
    found, evidence = verifier.telling(candidates(texts, able, verifier, config), asked)
    told(2, _STEPS)
    matched = verifier.matched(evidence)
    told(3, _STEPS)
    edges, strengths = found[matched], evidence.similarity[matched]
    kept = cut_drift(len(keys), edges, strengths, verifier, config.cohesion)
    must, must_not = _ruled(keys, rulings)
    labels = ruled_components(len(keys), edges[kept], strengths[kept], must, must_not)
    told(4, _STEPS)
    grouping = Grouping(
        members=explain.members(texts, labels, found, evidence.similarity, must, verifier),
        matches=suggest.matches(keys, labels, found, evidence, steps, must_not, verifier, config),
        keywords=explain.keywords(keys, labels, verifier.words),
        conflicts=explain.conflicts(keys, labels, must, must_not),
    )
    told(_STEPS, _STEPS)
    return grouping


def _in_order(texts: pa.Table, vectors: NDArray[np.float32]) -> tuple[pa.Table, NDArray[np.float32]]:
    if len(texts) != len(vectors):
        raise StageError(f"group: {len(texts)} texts but {len(vectors)} vectors; encode these texts again")
    order = pc.sort_indices(texts.column("text_key")).to_numpy()
    return texts.take(pa.array(order)), vectors[order]


def candidates(texts: pa.Table, able: NDArray[np.bool_], verifier: Verifier, config: GroupConfig) -> Pairs:
    """Return pairs of ``able`` texts that share rare words or sounds."""
    index = views.stack(verifier.words, views.sound_view(texts.column("match_text"), _PACKED, _PACKED))
    return pairs.lexical_candidates(index, able, config.floor, config.neighbors, config.rare)


def _ruled(keys: list[str], rulings: Sequence[TextRuling]) -> tuple[Pairs, Pairs]:
    place = {key: index for index, key in enumerate(keys)}
    sides: dict[bool, set[tuple[int, int]]] = {True: set(), False: set()}
    for ruling in rulings:
        left, right = place.get(ruling.left_key), place.get(ruling.right_key)
        if left is not None and right is not None and left != right:
            sides[ruling.must].add((min(left, right), max(left, right)))
    return _as_pairs(sides[True]), _as_pairs(sides[False])


def _as_pairs(rows: set[tuple[int, int]]) -> Pairs:
    return np.array(sorted(rows), np.int64).reshape(-1, 2)
