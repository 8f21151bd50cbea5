"""The stage: candidates, evidence, components, explanations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.errors import StageError
from pipeline.group import explain, pairs, suggest
from pipeline.group.cohesion import cut_drift, hashes, spell
from pipeline.group.components import ruled_components
from pipeline.group.config import GroupConfig, TextRuling
from pipeline.group.explain import Likeness, Ties
from pipeline.group.grouping import Grouping
from pipeline.group.languages import StepsOf
from pipeline.group.memory import Memory, basis_of, digest_of, moments, recall
from pipeline.group.pairs import Pairs, Steps
from pipeline.group.remember import Texts, afresh, joined
from pipeline.group.suggest import Told
from pipeline.group.verify import Verdicts, Verifier
from pipeline.parallel import together
from pipeline.phrases import is_correction

Progress = Callable[[int, int], None]
OfTexts = Callable[[NDArray[np.int64]], NDArray[Any]]
"""Gives one value for each of some texts."""
_STEPS = 5


def group(
    texts: pa.Table,
    vectors: NDArray[np.float32] | Steps | StepsOf,
    config: GroupConfig | None = None,
    rulings: Sequence[TextRuling] = (),
    progress: Progress | None = None,
    arrived: NDArray[np.int64] | None = None,
    memory: Memory | None = None,
    corrects: NDArray[np.bool_] | OfTexts | None = None,
) -> Grouping:
    """Return the groups of ``texts`` (``TEXTS``); row i of ``vectors`` (or of their ``quantize``) belongs to text i.

    The same texts in any order give the same groups. Rulings always win; rulings on texts that are not here have
    no effect, and a must-ruling wins over a must-not that it contradicts. ``arrived`` tells in what order texts came
    (any unit; none: at once). ``memory`` of an earlier grouping by the same code, lexicon and config saves work and
    changes nothing. ``corrects`` tells which texts say that something is untrue, where that is known. ``vectors`` and
    ``corrects`` may be functions that give them for some texts, for with a memory few are asked for. Raises
    ``StageError`` when vectors and texts do not belong together.
    """
    config, told = config or GroupConfig(), progress or (lambda done, total: None)
    given = _in_order(texts, vectors, arrived, corrects)
    basis = basis_of(given.texts.names, given.arrived, config)
    known = recall(memory, digest_of(given.texts.names[basis]), given.texts.names, moments(given.texts.table))
    told(1, _STEPS)
    memory, verifier = (
        afresh(given.texts, given.steps, basis, config)
        if known is None
        else joined(known, given.texts, given.steps, config)
    )
    told(2, _STEPS)
    asked = suggest.by_meaning(memory.opposite, given.texts.able(config.shortest), given.steps, config)
    looked_at = _LookedAt.of(memory, asked, verifier)
    told(3, _STEPS)
    grouping = _grouped(memory, looked_at, given, rulings, verifier, config)
    told(_STEPS, _STEPS)
    return grouping


@dataclass(frozen=True)
class _Given:
    """Texts sorted by key, and what was given with them in that order."""

    texts: Texts
    steps: StepsOf
    arrived: NDArray[np.int64] | None


@dataclass(frozen=True)
class _LookedAt:
    """Remembered pairs and those asked for beside them, sorted, with what follows from their evidence."""

    found: Pairs
    verdicts: Verdicts
    told: Told
    remembered: NDArray[np.bool_] | None
    """Which of them are remembered; none: all."""

    @classmethod
    def of(cls, memory: Memory, asked: Pairs, verifier: Verifier) -> _LookedAt:
        """Return the pairs of ``memory`` and those ``asked`` for, each once."""
        extra = asked[~pairs.among(asked, memory.found)]
        if not len(extra):
            return cls(memory.found, memory.verdicts, memory.told, None)
        order = pairs.merging(memory.found, extra)
        return cls(
            np.concatenate([memory.found, extra])[order],
            Verdicts.joined([memory.verdicts, verifier.judge(extra)]).take(order),
            Told.joined([memory.told, Told.none(len(extra))]).take(order),
            order < len(memory.found),
        )

    def to_remember(self) -> Told:
        """Return what was told of those that are remembered."""
        return self.told if self.remembered is None else self.told.take(self.remembered)


def _grouped(
    memory: Memory,
    looked_at: _LookedAt,
    given: _Given,
    rulings: Sequence[TextRuling],
    verifier: Verifier,
    config: GroupConfig,
) -> Grouping:
    found, verdicts = looked_at.found, looked_at.verdicts
    edges, strengths = found[verdicts.matched], verdicts.similarity[verdicts.matched]
    spelled = spell(memory.keys, memory.first_at)
    kept, cuts = cut_drift(spelled, edges, strengths, verifier, config.cohesion, memory.cuts)
    must, must_not = _ruled(memory.keys, rulings)
    labels = ruled_components(len(memory.keys), edges[kept], strengths[kept], must, must_not)
    keys = given.texts.table.column("text_key").combine_chunks()

    def members() -> tuple[pa.Table, Likeness, Ties]:
        likeness = explain.likeness(labels, found, verdicts.similarity, verifier, memory.likeness)
        keywords, ties = explain.ties(labels, hashes(spelled, labels), verifier, memory.ties)
        table, similarity = given.texts.table, verdicts.similarity
        return explain.members(table, labels, found, similarity, must, likeness, keywords), likeness, ties

    def matches() -> pa.Table:
        told, steps = looked_at.told, given.steps
        return suggest.matches(keys, labels, found, verdicts, told, steps, must_not, verifier, config)

    (table, likeness, ties), matched = together(members, matches)
    return Grouping(
        members=table,
        matches=matched,
        conflicts=explain.conflicts(keys, labels, must, must_not),
        memory=replace(memory, cuts=cuts, likeness=likeness, ties=ties, told=looked_at.to_remember()),
    )


def _in_order(
    texts: pa.Table,
    vectors: NDArray[np.float32] | Steps | StepsOf,
    arrived: NDArray[np.int64] | None,
    corrects: NDArray[np.bool_] | OfTexts | None,
) -> _Given:
    if not callable(vectors) and len(texts) != len(vectors):
        raise StageError(f"group: {len(texts)} texts but {len(vectors)} vectors; encode these texts again")
    forms = texts.column("match_text")
    corrects = corrects if corrects is not None else lambda rows: is_correction(forms.take(pa.array(rows)))
    steps = vectors if callable(vectors) else lambda rows: pairs.quantize(vectors[rows])
    corrects = corrects if callable(corrects) else _rows_of(corrects)
    names = names_of(texts)
    if (names[1:] > names[:-1]).all():
        return _Given(Texts(texts, names, corrects), steps, arrived)
    order = np.argsort(names)
    ordered = Texts(texts.take(pa.array(order)), names[order], _after(order, corrects))
    return _Given(ordered, _after(order, steps), None if arrived is None else arrived[order])


def names_of(texts: pa.Table) -> NDArray[np.bytes_]:
    """Return the keys of texts as an array of bytes."""
    return np.array(texts.column("text_key").to_pylist(), "S")


def _rows_of(values: NDArray[Any]) -> OfTexts:
    return lambda rows: values[rows]


def _after(order: NDArray[np.int64], of_texts: OfTexts) -> OfTexts:
    return lambda rows: of_texts(order[rows])


def _ruled(keys: NDArray[np.bytes_], rulings: Sequence[TextRuling]) -> tuple[Pairs, Pairs]:
    sides: dict[bool, set[tuple[int, int]]] = {True: set(), False: set()}
    for ruling in rulings:
        left, right = _place(keys, ruling.left_key), _place(keys, ruling.right_key)
        if left is not None and right is not None and left != right:
            sides[ruling.must].add((min(left, right), max(left, right)))
    return _as_pairs(sides[True]), _as_pairs(sides[False])


def _place(keys: NDArray[np.bytes_], key: str) -> int | None:
    wanted = key.encode("utf-8", "surrogatepass")
    place = int(np.searchsorted(keys, wanted))
    return place if place < len(keys) and keys[place] == wanted else None


def _as_pairs(rows: set[tuple[int, int]]) -> Pairs:
    return np.array(sorted(rows), np.int64).reshape(-1, 2)
