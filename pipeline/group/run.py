"""The stage: candidates, evidence, components, explanations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.errors import StageError
from pipeline.group import explain, pairs, suggest, views
from pipeline.group.cohesion import Cuts, cut_drift, spell
from pipeline.group.components import ruled_components
from pipeline.group.config import GroupConfig, Grouping, TextRuling
from pipeline.group.memory import Known, Memory, basis_of, digest_of, moments, recall
from pipeline.group.pairs import Pairs, Steps
from pipeline.group.verify import Evidence, Verifier
from pipeline.phrases import is_correction

Progress = Callable[[int, int], None]
_STEPS = 5
_PACKED = 3
"""Syllables in a row by which candidates are found: few enough to survive disguise, enough to be rare."""


def group(
    texts: pa.Table,
    vectors: NDArray[np.float32] | Steps,
    config: GroupConfig | None = None,
    rulings: Sequence[TextRuling] = (),
    progress: Progress | None = None,
    arrived: NDArray[np.int64] | None = None,
    memory: Memory | None = None,
    corrects: NDArray[np.bool_] | None = None,
) -> Grouping:
    """Return the groups of ``texts`` (``TEXTS``); row i of ``vectors`` (or of their ``quantize``) belongs to text i.

    The same texts in any order give the same groups. Rulings always win; rulings on texts that are not here have
    no effect, and a must-ruling wins over a must-not that it contradicts. ``arrived`` tells in what order texts came
    (any unit; none: at once). ``memory`` of an earlier grouping by the same code, lexicon and config saves work and
    changes nothing. ``corrects`` tells which texts say that something is untrue, where that is known. Raises
    ``StageError`` when vectors and texts do not belong together.
    """
    config, told = config or GroupConfig(), progress or (lambda done, total: None)
    texts, vectors, arrived, corrects = _in_order(texts, vectors, arrived, corrects)
    steps = pairs.quantize(vectors)
    keys = texts.column("text_key").to_pylist()
    names = np.array(keys, "S")
    basis = basis_of(names, arrived, config)
    known = recall(memory, digest_of(names[basis]), names, moments(texts))
    if corrects is None:
        corrects = _corrections(texts.column("match_text"), known)
    verifier = Verifier(texts, config, basis, corrects)
    told(1, _STEPS)
    memory = remember(known, texts, names, verifier, config)
    asked = suggest.by_meaning(texts.column("match_text"), steps, config)
    found, evidence = _together(memory, asked, verifier)
    told(2, _STEPS)
    matched = verifier.matched(evidence)
    told(3, _STEPS)
    edges, strengths = found[matched], evidence.similarity[matched]
    spelled = spell(names, memory.first_at)
    kept, cuts = cut_drift(spelled, edges, strengths, verifier, config.cohesion, memory.cuts)
    must, must_not = _ruled(keys, rulings)
    labels = ruled_components(len(keys), edges[kept], strengths[kept], must, must_not)
    told(4, _STEPS)
    grouping = Grouping(
        members=explain.members(texts, labels, found, evidence.similarity, must, verifier),
        matches=suggest.matches(keys, labels, found, evidence, steps, must_not, verifier, config),
        keywords=explain.keywords(keys, labels, verifier.words),
        conflicts=explain.conflicts(keys, labels, must, must_not),
        memory=replace(memory, cuts=cuts),
    )
    told(_STEPS, _STEPS)
    return grouping


def remember(
    known: Known | None, texts: pa.Table, keys: NDArray[np.bytes_], verifier: Verifier, config: GroupConfig
) -> Memory:
    """Return the near pairs of these texts with their evidence; what is ``known`` is not compared again."""
    able = pc.greater_equal(pc.utf8_length(texts.column("match_text")), config.shortest).to_numpy()
    rows = candidate_rows(texts, able, verifier, config)
    if known is None:
        near = pairs.nearest(rows, config.floor, config.neighbors)
        found, evidence = verifier.telling(near.pairs())
    else:
        near, new = pairs.nearest_with(known.near, rows, known.fresh, config.floor, config.neighbors)
        every = near.pairs()
        new |= known.redated[every].any(axis=1)
        found, evidence = verifier.telling(every[new])
        still = pairs.among(known.found, every[~new])
        found = np.concatenate([known.found[still], found])
        evidence = Evidence.joined([known.evidence.take(still), evidence])
    cuts = known.cuts if known else Cuts.none(len(keys))
    basis = digest_of(keys[verifier.basis])
    return Memory(basis, keys, moments(texts), near, found, evidence, verifier.corrects, cuts)


def _corrections(forms: pa.ChunkedArray, known: Known | None) -> NDArray[np.bool_] | None:
    """Return which texts correct something, reading only those that are not known."""
    if known is None:
        return None
    corrects = known.corrects.copy()
    corrects[known.fresh] = is_correction(forms.filter(pa.array(known.fresh)))
    return corrects


def _together(memory: Memory, asked: Pairs, verifier: Verifier) -> tuple[Pairs, Evidence]:
    """Return the remembered pairs and those ``asked`` for, each once and sorted, with their evidence."""
    found = np.concatenate([memory.found, asked])
    order = pairs.order_of(found)
    return found[order], Evidence.joined([memory.evidence, verifier.compare(asked)]).take(order)


def _in_order(
    texts: pa.Table,
    vectors: NDArray[np.float32] | Steps,
    arrived: NDArray[np.int64] | None,
    corrects: NDArray[np.bool_] | None,
) -> tuple[pa.Table, NDArray[np.float32] | Steps, NDArray[np.int64] | None, NDArray[np.bool_] | None]:
    if len(texts) != len(vectors):
        raise StageError(f"group: {len(texts)} texts but {len(vectors)} vectors; encode these texts again")
    order = pc.sort_indices(texts.column("text_key")).to_numpy()
    if np.array_equal(order, np.arange(len(order))):
        return texts, vectors, arrived, corrects
    of_text = [None if values is None else values[order] for values in (arrived, corrects)]
    return texts.take(pa.array(order)), vectors[order], *of_text


def candidate_rows(
    texts: pa.Table, able: NDArray[np.bool_], verifier: Verifier, config: GroupConfig
) -> views.Sparse:
    """Return rows of rare words and sounds by whose products candidates are found."""
    packed = views.sound_view(texts.column("match_text"), verifier.basis, _PACKED)
    return pairs.telling_rows(views.stack(verifier.words, packed), able, verifier.basis, config.rare)


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
