"""Which text of the other language is nearest to each: Chinese texts and those in Latin letters, by their vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.group import pairs
from pipeline.group.config import GroupConfig
from pipeline.group.pairs import Pairs, Steps

StepsOf = Callable[[NDArray[np.int64]], Steps]
"""Vectors of some texts, in whole steps."""

Numbers = NDArray[np.int64]

_CJK = r"[\x{3400}-\x{9fff}]"
_LATIN = r"[a-z]{2,}"
_LATIN_WORDS = 3
_CHINESE, _LATIN_ALONE = 1, 2
_AT_ONCE = 8_192


def written(forms: pa.ChunkedArray) -> NDArray[np.uint8]:
    """Return for each text 1 for Chinese characters in it, 2 for words in Latin letters, 3 for both."""
    chinese = np.asarray(pc.match_substring_regex(forms, _CJK).to_numpy(), np.uint8)
    latin = np.asarray(pc.greater_equal(pc.count_substring_regex(forms, _LATIN), _LATIN_WORDS), np.uint8)
    return _CHINESE * chinese + _LATIN_ALONE * latin


@dataclass(frozen=True)
class Opposite:
    """One value per text: the nearest text of the other language, and how near it is."""

    text: Numbers
    """-1 where none is known, or nobody looked."""
    cosine: NDArray[np.float64]

    @classmethod
    def none(cls, size: int) -> Opposite:
        """Nothing is known about ``size`` texts."""
        return cls(np.full(size, -1, np.int64), np.full(size, -np.inf))

    def mutual(self, floor: float) -> Pairs:
        """Return pairs each of which is the other's nearest with at least this cosine."""
        rows = np.flatnonzero((self.text >= 0) & (self.cosine >= floor))
        both = rows[self.text[self.text[rows]] == rows]
        return pairs.unique_pairs(both, self.text[both])

    def met(self, rows: Numbers, others: Numbers, steps: StepsOf) -> Opposite:
        """Return this after each of ``rows`` met each of ``others``; of equally near texts the first counts."""
        if not len(rows) or not len(others):
            return self
        text, cosine = self.text.copy(), self.cosine.copy()
        own, opposite = steps(rows), steps(others)
        lengths = pairs.lengths(own)
        for start in range(0, len(others), _AT_ONCE):
            block = others[start : start + _AT_ONCE]
            theirs = opposite[start : start + _AT_ONCE]
            near = (own.astype(np.float32) @ theirs.astype(np.float32).T) / np.outer(
                lengths, pairs.lengths(theirs)
            )
            _nearer(text, cosine, block, rows, near.T)
            _nearer(text, cosine, rows, block, near)
        return Opposite(text, cosine)


def _nearer(
    text: Numbers, cosine: NDArray[np.float64], rows: Numbers, others: Numbers, near: NDArray[np.float64]
) -> None:
    best = near.argmax(axis=1)
    value, found = near[np.arange(len(rows)), best], others[best]
    known, at = cosine[rows], text[rows]
    takes = (value > known) | ((value == known) & (found < at))
    text[rows[takes]], cosine[rows[takes]] = found[takes], value[takes]


def opposites(
    letters: NDArray[np.uint8],
    able: NDArray[np.bool_],
    steps: StepsOf,
    config: GroupConfig,
    known: Opposite | None = None,
    fresh: NDArray[np.bool_] | None = None,
) -> Opposite:
    """Return the nearest text of the other language of each text, where not too many must be compared.

    ``letters`` is what ``written`` says of the texts. What is ``known`` of those that are not ``fresh`` is used.
    """
    latin, chinese = able & (letters == _LATIN_ALONE), able & (letters & _CHINESE > 0)
    if int(latin.sum()) * int(chinese.sum()) > config.exact_vectors**2:
        return Opposite.none(len(letters))
    if known is None or fresh is None or _looked_at_none(known, latin & ~fresh, chinese & ~fresh):
        return Opposite.none(len(letters)).met(np.flatnonzero(latin), np.flatnonzero(chinese), steps)
    made = known.met(np.flatnonzero(latin & fresh), np.flatnonzero(chinese), steps)
    return made.met(np.flatnonzero(latin & ~fresh), np.flatnonzero(chinese & fresh), steps)


def _looked_at_none(known: Opposite, latin: NDArray[np.bool_], chinese: NDArray[np.bool_]) -> bool:
    """Whether there were both, and too many of them to look at."""
    return bool(latin.any() and chinese.any() and not (known.text >= 0).any())
