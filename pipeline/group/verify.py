"""How alike two texts are, all views together, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.group import facts, pairs, views
from pipeline.group.config import GroupConfig
from pipeline.group.homophones import Hidden
from pipeline.group.pairs import Pairs
from pipeline.phrases import is_correction

_CONTAINMENT = 0.5
"""Weight of containment beside words and sounds (1 each)."""
_DISGUISED = 0.5
"""What disguised words count for at most, as a share of those that both texts say plainly."""
_YEARS_APART = 1.0
"""Added to the distance of two texts a year apart that are not nearly the same: keeps yearly news from chaining."""
_YEAR = 365.0
_DAY_IN_MICROSECONDS = 86_400_000_000


@dataclass(frozen=True)
class Evidence:
    """One value per pair."""

    words: NDArray[np.float32]
    sounds: NDArray[np.float32]
    contained: NDArray[np.float32]
    similarity: NDArray[np.float64]
    """All views together, lowered where places or numbers contradict; 0 to 1, six decimals."""
    other_place: NDArray[np.bool_]
    swapped_place: NDArray[np.bool_]
    """Each names just one place that the other does not: one template, filled twice."""
    other_numbers: NDArray[np.bool_]
    corrects: NDArray[np.bool_]
    """One says that something is untrue, the other does not."""
    years: NDArray[np.float32]
    """Years between their first appearances; 0 when unknown."""
    wanted: NDArray[np.float64]
    """Similarity that this pair needs to carry one claim: more for short texts that lie a year apart."""

    def take(self, rows: NDArray[Any]) -> Evidence:
        """Return the evidence of some pairs, by position or mask."""
        return Evidence(*(getattr(self, name.name)[rows] for name in fields(self)))

    def after(self, other: Evidence, order: NDArray[np.int64]) -> Evidence:
        """Return the evidence of the pairs of ``other`` and of these, in this order."""
        return Evidence.joined([other, self]).take(order)

    @staticmethod
    def joined(parts: Sequence[Evidence]) -> Evidence:
        """Return the evidence of all parts in order."""
        return Evidence(
            *(np.concatenate([getattr(part, name.name) for part in parts]) for name in fields(Evidence))
        )


class Verifier:
    """Compares texts of one table in several views."""

    def __init__(
        self,
        texts: pa.Table,
        config: GroupConfig,
        basis: views.Basis | None = None,
        corrects: NDArray[np.bool_] | None = None,
    ) -> None:
        self._config = config
        tokens, forms = texts.column("tokens"), texts.column("match_text")
        self.basis = np.ones(len(texts), np.bool_) if basis is None else basis
        self.words = views.word_view(tokens, self.basis)
        self.sounds = views.sound_view(forms, self.basis)
        self.hidden = Hidden.of(tokens, self.words)
        self.places = facts.places(tokens)
        self.numbers = facts.numbers(tokens)
        self.corrects = is_correction(forms) if corrects is None else corrects
        self._seen = _days(texts)

    def compare(self, found: Pairs) -> Evidence:
        """Return what speaks for and against each pair."""
        doubt = self._config.doubt
        words = self._words(found, doubt)
        sounds, contained = pairs.cosines(self.sounds, found, doubt)
        other_place, swapped_place = self.places.compare(found)
        other_numbers, _ = self.numbers.compare(found)
        fused: NDArray[np.float64] = _fuse(words, sounds, contained)
        fused *= np.where(other_place, self._config.other_place, 1.0)
        fused *= np.where(other_numbers, self._config.other_numbers, 1.0)
        gap = np.nan_to_num(np.abs(self._seen[found[:, 0]] - self._seen[found[:, 1]]) / _YEAR)
        wanted = self._config.matched + self._config.old * np.minimum(gap, 1) * self._brevity(found)
        return Evidence(
            words,
            sounds,
            contained,
            np.asarray(np.round(np.clip(fused, 0.0, 1.0), 6), np.float64),
            other_place,
            swapped_place,
            other_numbers,
            np.asarray(self.corrects[found[:, 0]] != self.corrects[found[:, 1]]),
            gap.astype(np.float32),
            wanted,
        )

    def _words(self, found: Pairs, doubt: float) -> NDArray[np.float32]:
        """Return the cosine of words, more where one text says in disguise what the other says plainly."""
        plain, _ = pairs.cosines(self.words, found, doubt)
        both = np.flatnonzero(plain > 0)
        disguised = np.zeros(len(found), np.float32)
        disguised[both] = pairs.trusted(self.words, found[both], doubt, self.hidden.compare(found[both]))
        return np.asarray(plain + np.minimum(disguised, np.float32(_DISGUISED) * plain), np.float32)

    def telling(self, found: Pairs) -> tuple[Pairs, Evidence]:
        """Return the pairs that reach ``suggested``, with their evidence.

        Most candidates tell nothing; dropping them block by block bounds memory.
        """
        kept, said = [found[:0]], [self.compare(found[:0])]
        for block in pairs.blocks(found):
            evidence = self.compare(block)
            high = evidence.similarity >= self._config.suggested
            kept.append(block[high])
            said.append(evidence.take(high))
        return np.concatenate(kept), Evidence.joined(said)

    def _brevity(self, found: Pairs) -> NDArray[np.float64]:
        """Return how little the shorter text of each pair says: near 0 for a long post, 1 for an empty one."""
        mass = self.words.mass[found].min(axis=1).astype(np.float64)
        unit = self._config.doubt * self.words.rarest
        return np.asarray(unit / (mass + unit), np.float64)

    def matched(self, evidence: Evidence) -> NDArray[np.bool_]:
        """Say which pairs carry one claim; the rest may be suggested."""
        template = evidence.swapped_place & (evidence.similarity >= self._config.frame)
        return np.asarray((evidence.similarity >= evidence.wanted) & ~template & ~evidence.corrects)

    def distance(self, evidence: Evidence) -> NDArray[np.float64]:
        """Return how far apart the texts of each pair are: 0 to 1, and more where years lie between them."""
        years = (evidence.similarity < evidence.wanted) & (evidence.years >= 1)
        return np.asarray(1 - evidence.similarity + _YEARS_APART * years, np.float64)

    def explain(self, found: Pairs, evidence: Evidence) -> list[str]:
        """Return in words what speaks for and against each pair."""
        words, sounds = _percent(evidence.words), _percent(evidence.sounds)
        said = [f"words {word}, sounds {sound}" for word, sound in zip(words, sounds, strict=True)]
        told = evidence.corrects | evidence.swapped_place | evidence.other_numbers | (evidence.years >= 1)
        for row in np.flatnonzero(told).tolist():
            said[row] = self._explain(found[row], evidence, row, said[row])
        return said

    def _explain(self, pair: NDArray[np.int64], evidence: Evidence, row: int, alike: str) -> str:
        left, right = pair.tolist()
        said = ["corrects", alike] if evidence.corrects[row] else [alike]
        if evidence.swapped_place[row]:
            said.append(f"places differ: {_few(self.places.of(left))} / {_few(self.places.of(right))}")
        if evidence.other_numbers[row]:
            said.append(f"numbers differ: {_few(self.numbers.of(left))} / {_few(self.numbers.of(right))}")
        if evidence.years[row] >= 1:
            said.append(f"{evidence.years[row]:.0f} years apart")
        return "; ".join(said)


_HUNDREDTHS = [f"{step / 100:.2f}" for step in range(101)]


def _percent(values: NDArray[np.float32]) -> list[str]:
    return [_HUNDREDTHS[step] for step in np.clip(np.rint(values * 100), 0, 100).astype(int).tolist()]


def _fuse(
    words: NDArray[np.float32], sounds: NDArray[np.float32], contained: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the weighted mean of the views."""
    total = words.astype(np.float64) + sounds + _CONTAINMENT * contained
    return np.asarray(total / (2 + _CONTAINMENT))


def _days(texts: pa.Table) -> NDArray[np.float64]:
    """Return the day of each text's first appearance; nan when unknown."""
    micros = pc.cast(texts.column("first_at"), pa.int64())
    days = pc.divide(pc.cast(micros, pa.float64()), float(_DAY_IN_MICROSECONDS))
    return np.asarray(days.to_numpy(), np.float64)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3])
