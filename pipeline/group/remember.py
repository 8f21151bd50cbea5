"""Near pairs of texts and what follows from their evidence: all afresh, or where new texts join."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from pipeline.group import near, pairs, views
from pipeline.group.cohesion import Cuts
from pipeline.group.config import GroupConfig
from pipeline.group.explain import Likeness, Ties
from pipeline.group.languages import Opposite, StepsOf, opposites, written
from pipeline.group.memory import Known, Memory, digest_of, moments
from pipeline.group.near import Changed, Index
from pipeline.group.suggest import Told
from pipeline.group.verify import PartVerifier, Verdicts, Verifier
from pipeline.parallel import together

PACKED = 3
"""Syllables in a row by which candidates are found: few enough to survive disguise, enough to be rare."""


@dataclass(frozen=True)
class Texts:
    """Texts sorted by key."""

    table: pa.Table
    names: NDArray[np.bytes_]
    """Their keys."""
    corrects: Callable[[NDArray[np.int64]], NDArray[Any]]
    """Which of some of them say that something is untrue."""

    def able(self, shortest: int) -> NDArray[np.bool_]:
        """Mark the texts that are long enough to join by similarity."""
        return np.asarray(
            pc.greater_equal(pc.utf8_length(self.table.column("match_text")), shortest).to_numpy()
        )


def afresh(texts: Texts, steps: StepsOf, basis: views.Basis, config: GroupConfig) -> tuple[Memory, Verifier]:
    """Return the near pairs of these texts with what follows from their evidence; nothing is known of groups."""
    table, size = texts.table, len(texts.names)
    forms = table.column("match_text")
    verifier, packed, letters = together(
        lambda: Verifier(table, config, basis, lambda: texts.corrects(np.arange(size))),
        lambda: views.sound_view(forms, basis, PACKED),
        lambda: written(forms),
    )
    rows = telling(verifier.words, packed, texts.able(config.shortest), config)
    parts, reach = near.nearest(rows, config.floor, config.neighbors, verifier.telling)
    parts = parts or [verifier.telling(np.zeros((0, 2), np.int64))]
    found = np.concatenate([found for found, _ in parts])
    order = pairs.order_of(found)
    verdicts = Verdicts.joined([verdicts for _, verdicts in parts]).take(order)
    by_width = {2: verifier.sounds.documents, PACKED: packed.documents}
    memory = Memory(
        basis=digest_of(texts.names[basis]),
        keys=texts.names,
        first_at=moments(table),
        corrects=verifier.corrects,
        letters=letters,
        opposite=opposites(letters, texts.able(config.shortest), steps, config),
        common=views.Common(
            int(basis.sum()), pa.array(verifier.words.names, pa.string()), verifier.words.documents, by_width
        ),
        index=Index.of(rows),
        reach=reach,
        found=found[order],
        verdicts=verdicts,
        told=Told.none(len(order)),
        cuts=Cuts.none(size),
        likeness=Likeness.none(size),
        ties=Ties.none(),
    )
    return memory, verifier


def telling(
    words: views.View, packed: views.View, able: NDArray[np.bool_], config: GroupConfig
) -> views.Sparse:
    """Return rows of rare words and sounds by whose products candidates are found."""
    documents = np.concatenate([words.documents, packed.documents])
    return pairs.telling_rows(views.stack(words, packed), able, documents, config.rare)


def joined(known: Known, texts: Texts, steps: StepsOf, config: GroupConfig) -> tuple[Memory, Verifier]:
    """Return what ``afresh`` would, and what is still known of groups; only what new texts change is compared."""
    memory = replace(
        known.memory,
        keys=texts.names,
        first_at=moments(texts.table),
        corrects=_filled(known, known.memory.corrects, texts.corrects),
        letters=_filled(known, known.memory.letters, _letters_of(texts)),
    )
    memory, changed = _with_candidates(memory, known, texts, config)
    verifier = PartVerifier(texts.table, config, memory.common, memory.corrects)
    memory = _with_pairs(memory, known, changed, verifier)
    cuts, likeness, opposite = memory.cuts, memory.likeness, memory.opposite
    met = Opposite(known.moved(opposite.text), known.spread(opposite.cosine, -np.inf))
    memory = replace(
        memory,
        cuts=Cuts(cuts.whole, cuts.apart, known.moved(cuts.piece)),
        opposite=opposites(memory.letters, texts.able(config.shortest), steps, config, met, known.fresh),
        likeness=Likeness(known.moved(likeness.exemplar), known.spread(likeness.similarity, 0.0)),
    )
    return memory, verifier


def _letters_of(texts: Texts) -> Callable[[NDArray[np.int64]], NDArray[np.uint8]]:
    return lambda rows: written(texts.table.column("match_text").take(pa.array(rows)))


def _filled(
    known: Known, values: NDArray[Any], of_texts: Callable[[NDArray[np.int64]], NDArray[Any]]
) -> NDArray[Any]:
    fresh = np.flatnonzero(known.fresh)
    filled = known.spread(values, 0)
    if len(fresh):
        filled[fresh] = of_texts(fresh)
    return filled


def _with_candidates(
    memory: Memory, known: Known, texts: Texts, config: GroupConfig
) -> tuple[Memory, Changed]:
    """Return ``memory`` with the new texts in its index, and how they change the candidates."""
    common, fresh = memory.common, np.flatnonzero(known.fresh)
    some = texts.table.take(pa.array(fresh))
    words = views.word_view(views.Tokens.of(some.column("tokens")), common)
    packed = views.sound_view(some.column("match_text"), common, PACKED)
    told = telling(words, packed, texts.able(config.shortest)[fresh], config)
    every, moved, placed = near.merged(common.words, words.names)
    sounds = len(packed.documents)
    columns = np.append(placed, len(every) + np.arange(sounds)).astype(np.int32)[told.indices]
    fresh_rows = sparse.csr_matrix((told.data, columns, told.indptr), shape=(len(fresh), len(every) + sounds))
    rows = memory.index.joined(moved, sounds, known.place, fresh_rows)
    of_words = np.zeros(len(every), np.int64)
    of_words[moved] = common.of_words
    reach = memory.reach.moved(known.place, len(known.fresh))
    changed = near.nearest_with(reach, rows, known.fresh, config.floor, config.neighbors)
    common = replace(common, words=every, of_words=of_words)
    return replace(memory, common=common, index=Index.of(rows), reach=changed.reach), changed


def _with_pairs(memory: Memory, known: Known, changed: Changed, verifier: Verifier) -> Memory:
    """Return ``memory`` with the pairs that there are now."""
    found, verdicts, told = known.place[memory.found], memory.verdicts, memory.told
    still = ~changed.opened[found[:, 1]]
    still[~still] = pairs.among(found[~still], changed.lists)
    if not still.all():
        found, verdicts, told = found[still], verdicts.take(still), told.take(still)
    again = np.flatnonzero(known.redated[found].any(axis=1)) if known.redated.any() else np.zeros(0, np.int64)
    if len(again):
        verdicts, told = verdicts.replaced(again, verifier.judge(found[again])), told.without_whys(again)
    new, judged = verifier.telling(changed.new)
    order = pairs.merging(found, new)
    return replace(
        memory,
        found=np.concatenate([found, new])[order],
        verdicts=Verdicts.joined([verdicts, judged]).take(order),
        told=Told.joined([told, Told.none(len(new))]).take(order),
    )
