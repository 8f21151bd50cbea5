"""The stage: candidates, similarities, components, explanations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import StageError
from pipeline.group import explain, pairs, views
from pipeline.group.components import ruled_components
from pipeline.group.config import MATCHES, GroupConfig, Grouping, TextRuling
from pipeline.phrases import is_correction

Progress = Callable[[int, int], None]
_STEPS = 5


def group(
    texts: pa.Table,
    vectors: NDArray[np.float32],
    config: GroupConfig | None = None,
    rulings: Sequence[TextRuling] = (),
    progress: Progress | None = None,
) -> Grouping:
    """Return the groups of ``texts`` (``TEXTS``, sorted by text_key); row i of ``vectors`` belongs to text i.

    The same texts in any order give the same groups. Rulings on texts that are not here have no effect.
    """
    config = config or GroupConfig()
    told = progress or (lambda done, total: None)
    texts, vectors = _in_order(texts, vectors)
    keys = texts.column("text_key").to_pylist()
    words, vocabulary = views.word_view(texts.column("tokens"))
    characters = views.character_view(texts.column("match_text"))
    told(1, _STEPS)
    found = np.concatenate(
        [
            pairs.candidates(words, config.suggested, config.neighbors),
            pairs.candidates(characters, config.suggested, config.neighbors),
        ]
    )
    found = pairs.unique_pairs(found[:, 0], found[:, 1])
    found = found[_long_enough(texts, config)[found].all(axis=1)]
    told(2, _STEPS)
    similarity = (
        pairs.sparse_cosines(words, found)
        + pairs.sparse_cosines(characters, found)
        + pairs.dense_cosines(vectors, found)
    ) / 3
    similarity = np.round(np.clip(similarity, 0, 1), 6)
    told(3, _STEPS)
    corrects = is_correction(texts.column("match_text"))
    opposed = corrects[found[:, 0]] != corrects[found[:, 1]]
    matched = (similarity >= config.matched) & ~opposed
    must, must_not = _ruled(keys, rulings)
    labels = ruled_components(len(keys), found[matched], similarity[matched], must, must_not)
    told(4, _STEPS)
    members = explain.members(keys, labels, found, similarity, must, vectors, texts.column("post_count"))
    shown = (similarity >= config.suggested) & (labels[found[:, 0]] != labels[found[:, 1]])
    matches = _matches(keys, found[shown], similarity[shown], opposed[shown], must_not)
    keywords = explain.keywords(keys, labels, words, vocabulary)
    told(5, _STEPS)
    return Grouping(members=members, matches=matches, keywords=keywords)


def _in_order(texts: pa.Table, vectors: NDArray[np.float32]) -> tuple[pa.Table, NDArray[np.float32]]:
    if len(texts) != len(vectors):
        raise StageError(f"group: {len(texts)} texts but {len(vectors)} vectors; encode these texts again")
    order = pc.sort_indices(texts.column("text_key")).to_numpy()
    return texts.take(pa.array(order)), vectors[order]


def _long_enough(texts: pa.Table, config: GroupConfig) -> NDArray[np.bool_]:
    lengths = pc.utf8_length(texts.column("match_text")).to_numpy()
    return np.asarray(lengths >= config.shortest)


def _ruled(keys: list[str], rulings: Sequence[TextRuling]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    place = {key: index for index, key in enumerate(keys)}
    must: list[tuple[int, int]] = []
    must_not: list[tuple[int, int]] = []
    for ruling in rulings:
        left, right = place.get(ruling.left_key), place.get(ruling.right_key)
        if left is not None and right is not None and left != right:
            (must if ruling.must else must_not).append((min(left, right), max(left, right)))
    return _as_pairs(must), _as_pairs(must_not)


def _as_pairs(rows: list[tuple[int, int]]) -> NDArray[np.int64]:
    return np.array(sorted(set(rows)), np.int64).reshape(-1, 2)


def _matches(
    keys: list[str],
    found: NDArray[np.int64],
    similarity: NDArray[np.float64],
    opposed: NDArray[np.bool_],
    must_not: NDArray[np.int64],
) -> pa.Table:
    ruled = {tuple(pair) for pair in must_not.tolist()}
    rows = [
        {"left_key": keys[left], "right_key": keys[right], "similarity": score, "why": "corrects" if against else "similar"}
        for (left, right), score, against in zip(found.tolist(), similarity.tolist(), opposed.tolist(), strict=True)
        if (left, right) not in ruled
    ]
    return pa.Table.from_pylist(rows, schema=MATCHES)
