"""How alike two texts are, all views together, and what speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.group import facts, pairs, views
from pipeline.group.config import GroupConfig
from pipeline.group.homophones import Hidden
from pipeline.group.pairs import Pairs
from pipeline.parallel import together
from pipeline.phrases import is_correction

_CONTAINMENT = 0.5
"""Weight of containment beside words and sounds (1 each)."""
_DISGUISED = 0.5
"""What disguised words count for at most, as a share of those that both texts say plainly."""
_YEARS_APART = 1.0
"""Added to the distance of two texts a year apart that are not nearly the same: keeps yearly news from chaining."""
_YEAR = 365.0
_DAY_IN_MICROSECONDS = 86_400_000_000


class _PerPair:
    """Columns of one value per pair."""

    def take(self, rows: NDArray[Any]) -> Self:
        """Return the values of some pairs, by position or mask."""
        return type(self)(*(getattr(self, name)[rows] for name in self.columns()))

    def replaced(self, rows: NDArray[np.int64], others: Self) -> Self:
        """Return these with the values of ``others`` for some pairs."""
        values = [getattr(self, name).copy() for name in self.columns()]
        for name, own in zip(self.columns(), values, strict=True):
            own[rows] = getattr(others, name)
        return type(self)(*values)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return the values of all parts in order."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.columns()))

    @classmethod
    def columns(cls) -> list[str]:
        """Return the names of the values."""
        return [field.name for field in fields(cls)]  # type: ignore[arg-type]  # both kinds are dataclasses


@dataclass(frozen=True)
class Evidence(_PerPair):
    """What speaks for and against each pair."""

    words: NDArray[np.float32]
    sounds: NDArray[np.float32]
    contained: NDArray[np.float32]
    similarity: NDArray[np.float64]
    """All views together, lowered where places or numbers contradict; 0 to 1, six decimals."""
    other_place: NDArray[np.bool_]
    swapped_place: NDArray[np.bool_]
    """Each names just one place that the other does not: one template, filled twice."""
    other_numbers: NDArray[np.bool_]
    swapped_number: NDArray[np.bool_]
    """Each has just one number, and not the same: one template, filled twice."""
    corrects: NDArray[np.bool_]
    """One says that something is untrue, the other does not."""
    years: NDArray[np.float32]
    """Years between their first appearances; 0 when unknown."""
    wanted: NDArray[np.float64]
    """Similarity that this pair needs to carry one claim: more for short texts that lie a year apart."""


@dataclass(frozen=True)
class Verdicts(_PerPair):
    """What follows from the evidence, for very many pairs: all that grouping asks of those it does not explain."""

    similarity: NDArray[np.float64]
    matched: NDArray[np.bool_]
    """They carry one claim."""
    corrects: NDArray[np.bool_]
    swapped_place: NDArray[np.bool_]


@dataclass(frozen=True)
class _Alike(_PerPair):
    """How alike the texts of each pair are, before anything is held against them."""

    words: NDArray[np.float32]
    """Said plainly by both."""
    sounds: NDArray[np.float32]
    contained: NDArray[np.float32]

    def highest(self) -> NDArray[np.float64]:
        """Return the similarity that each pair can reach when disguised words count, too."""
        return _fuse(self.words + np.float32(_DISGUISED) * self.words, self.sounds, self.contained)


class Verifier:
    """Compares texts of one table in several views."""

    def __init__(
        self,
        texts: pa.Table,
        config: GroupConfig,
        basis: views.Basis | views.Common | None = None,
        corrects: Callable[[], NDArray[np.bool_]] | None = None,
    ) -> None:
        self._config = config
        tokens, forms = views.Tokens.of(texts.column("tokens")), texts.column("match_text")
        basis = np.ones(len(texts), np.bool_) if basis is None else basis
        self._seen = _days(texts)
        (self.words, self.hidden), self.corrects, self.sounds, self.places, self.numbers = together(
            lambda: _words_of(tokens, basis),
            corrects or (lambda: is_correction(forms)),
            lambda: views.sound_view(forms, basis),
            lambda: facts.places(tokens),
            lambda: facts.numbers(tokens),
        )

    def compare(self, found: Pairs) -> Evidence:
        """Return what speaks for and against each pair."""
        return self._weighed(found, self._alike(found))

    def _alike(self, found: Pairs) -> _Alike:
        doubt = self._config.doubt
        plain = pairs.cosine(self.words, found, doubt)
        return _Alike(plain, *pairs.cosines(self.sounds, found, doubt))

    def _weighed(self, found: Pairs, alike: _Alike) -> Evidence:
        """Return all that speaks for and against each pair, given how alike its texts are."""
        words = self._words(found, alike.words)
        sounds, contained = alike.sounds, alike.contained
        other_place, swapped_place = self.places.compare(found)
        other_numbers, swapped_number = self.numbers.compare(found)
        fused = _fuse(words, sounds, contained)
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
            other_numbers & swapped_number,
            np.asarray(self.corrects[found[:, 0]] != self.corrects[found[:, 1]]),
            gap.astype(np.float32),
            wanted,
        )

    def _words(self, found: Pairs, plain: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of words, more where one text says in disguise what the other says plainly."""
        both = np.flatnonzero(plain > 0)
        disguised, asked = np.zeros(len(found), np.float32), found[both]
        disguised[both] = pairs.trusted(self.words, asked, self._config.doubt, self.hidden.compare(asked))
        return np.asarray(plain + np.minimum(disguised, np.float32(_DISGUISED) * plain), np.float32)

    def judge(self, found: Pairs) -> Verdicts:
        """Return what follows from the evidence on each pair."""
        return self._verdicts(self.compare(found))

    def _verdicts(self, evidence: Evidence) -> Verdicts:
        return Verdicts(
            evidence.similarity, self.matched(evidence), evidence.corrects, evidence.swapped_place
        )

    def telling(self, found: Pairs) -> tuple[Pairs, Verdicts]:
        """Return the pairs that reach ``suggested``, with what follows: most candidates tell nothing."""
        alike, least = self._alike(found), self._config.suggested
        may = np.round(alike.highest(), 6) >= least
        found = found[may]
        verdicts = self._verdicts(self._weighed(found, alike.take(may)))
        high = verdicts.similarity >= least
        return found[high], verdicts.take(high)

    def words_of(self, rows: NDArray[np.int64]) -> tuple[views.Sparse, tuple[str, ...]]:
        """Return the words of some texts as rows, and what the columns are."""
        return self.words.rows[rows], self.words.names

    def _brevity(self, found: Pairs) -> NDArray[np.float64]:
        """Return how little the shorter text of each pair says: near 0 for a long post, 1 for an empty one."""
        mass = np.minimum(*(self.words.mass[found[:, side]] for side in (0, 1))).astype(np.float64)
        unit = self._config.doubt * self.words.rarest
        return np.asarray(unit / (mass + unit), np.float64)

    def matched(self, evidence: Evidence) -> NDArray[np.bool_]:
        """Say which pairs carry one claim; the rest may be suggested."""
        config, similarity = self._config, evidence.similarity
        template = evidence.swapped_place & (similarity >= config.frame)
        template |= evidence.swapped_number & (similarity >= config.frame * config.other_numbers)
        return np.asarray((evidence.similarity >= evidence.wanted) & ~template & ~evidence.corrects)

    def distance(self, evidence: Evidence) -> NDArray[np.float64]:
        """Return how far apart the texts of each pair are: 0 to 1, and more where years lie between them."""
        years = (evidence.similarity < evidence.wanted) & (evidence.years >= 1)
        return np.asarray(1 - evidence.similarity + _YEARS_APART * years, np.float64)

    def explain(self, found: Pairs, evidence: Evidence) -> pa.Array:
        """Return in words what speaks for and against each pair."""
        words, sounds = percent(evidence.words), percent(evidence.sounds)
        said = pc.binary_join_element_wise("words ", words, ", sounds ", sounds, "")
        told = evidence.corrects | evidence.swapped_place | evidence.other_numbers | (evidence.years >= 1)
        if not told.any():
            return said
        against = self._against(found[told], evidence.take(told), said.filter(pa.array(told)).to_pylist())
        return pc.replace_with_mask(said, pa.array(told), pa.array(against, pa.string()))

    def _against(self, found: Pairs, evidence: Evidence, alike: list[str]) -> list[str]:
        return [self._explain(pair, evidence, row, alike[row]) for row, pair in enumerate(found)]

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


class PartVerifier(Verifier):
    """The same for few pairs of very many texts: only the texts that are asked for are looked at.

    ``common`` says how common words and sounds are among all.
    """

    def __init__(
        self, texts: pa.Table, config: GroupConfig, common: views.Common, corrects: NDArray[np.bool_]
    ) -> None:
        self._texts, self._config, self._common = texts, config, common
        self.corrects = corrects

    def part(self, rows: NDArray[np.int64]) -> Verifier:
        """Return a verifier of these texts alone."""
        texts = self._texts.take(pa.array(rows))
        return Verifier(texts, self._config, self._common, lambda: self.corrects[rows])

    def compare(self, found: Pairs) -> Evidence:
        """Return what speaks for and against each pair."""
        rows, local = pairs.within(found)
        return self.part(rows).compare(local)

    def telling(self, found: Pairs) -> tuple[Pairs, Verdicts]:
        """Return the pairs that reach ``suggested``, with what follows."""
        rows, local = pairs.within(found)
        high, verdicts = self.part(rows).telling(local)
        return rows[high], verdicts

    def words_of(self, rows: NDArray[np.int64]) -> tuple[views.Sparse, tuple[str, ...]]:
        """Return the words of some texts as rows, and what the columns are."""
        tokens = views.Tokens.of(self._texts.column("tokens").take(pa.array(rows)))
        words = views.word_view(tokens, self._common)
        return words.rows, words.names

    def _against(self, found: Pairs, evidence: Evidence, alike: list[str]) -> list[str]:
        rows, local = pairs.within(found)
        return self.part(rows)._against(local, evidence, alike)


_HUNDREDTHS = pa.array([f"{step / 100:.2f}" for step in range(-100, 101)])


def percent(values: NDArray[np.float32]) -> pa.Array:
    """Return numbers from -1 to 1 with two decimals, as text."""
    return _HUNDREDTHS.take(pa.array(np.clip(np.rint(values * 100), -100, 100).astype(np.int64) + 100))


def _fuse(
    words: NDArray[np.float32], sounds: NDArray[np.float32], contained: NDArray[np.float32]
) -> NDArray[np.float64]:
    """Return the weighted mean of the views."""
    total = words.astype(np.float64) + sounds + _CONTAINMENT * contained
    return np.asarray(total / (2 + _CONTAINMENT))


def _words_of(tokens: views.Tokens, basis: views.Basis | views.Common) -> tuple[views.View, Hidden]:
    words = views.word_view(tokens, basis)
    return words, Hidden.of(tokens, words)


def _days(texts: pa.Table) -> NDArray[np.float64]:
    """Return the day of each text's first appearance; nan when unknown."""
    micros = pc.cast(texts.column("first_at"), pa.int64())
    days = pc.divide(pc.cast(micros, pa.float64()), float(_DAY_IN_MICROSECONDS))
    return np.asarray(days.to_numpy(), np.float64)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3])
