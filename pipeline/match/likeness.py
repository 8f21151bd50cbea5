"""How like each text is to each review's claim: three views within a language, meaning alone between languages.

The weights of words come from the reviews and from jieba's frequencies (``pipeline.group.views``), so a claim's
likeness to a review does not depend on which other claims are asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.group.views import Sparse, View, sound_view, word_view
from pipeline.schema import STRINGS

Floats = NDArray[np.float32]
VIEWS = ("words", "sounds", "meaning")

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile("[^\\W\\d_]")


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """How views are fused, and from where on a review is suggested.

    The numbers were chosen on one half of the fact-checks by ``chengqing bench match``, which scores the other half.
    """

    words: float = 2.0
    sounds: float = 8.0
    meaning: float = 5.0
    bias: float = -7.4
    """Within a language, likeness is the logistic of the weighted views."""
    across_meaning: float = 16.0
    across_bias: float = -8.7
    """Between Chinese and another language only meaning speaks."""
    suggest_from: float = 0.5
    most: int = 5
    """Reviews suggested per claim."""
    block: int = 512
    """Texts compared at a time: bounds memory to some 20 MB per 10,000 reviews."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Matching forms, their words, and unit vectors, row by row."""

    forms: Sequence[str]
    tokens: Sequence[Sequence[str]]
    vectors: Floats

    def __len__(self) -> int:
        return len(self.forms)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of a block of texts to every review: fused, and by view; shape (texts, reviews)."""

    first: int
    fused: Floats
    """Logits: ``score`` makes them 0 to 1."""
    views: tuple[Floats, Floats, Floats]
    across: NDArray[np.bool_]
    """Whether the pair stands between languages."""


@dataclass(frozen=True)
class Reviewed:
    """Reviews and the texts to compare with them."""

    reviews: Texts
    texts: Texts
    config: MatchConfig

    def blocks(self) -> Iterator[Likeness]:
        """Likenesses block by block, in the order of the texts."""
        words, sounds = self._views()
        count = len(self.reviews)
        own, other = _is_han(self.reviews.forms), _is_han(self.texts.forms)
        known = [_transposed(view.rows[:count]) for view in (words, sounds)]
        for first in range(0, len(self.texts), self.config.block):
            rows = slice(first, min(first + self.config.block, len(self.texts)))
            placed = slice(count + rows.start, count + rows.stop)
            found = [
                (view.rows[placed] @ turned).toarray()
                for view, turned in zip((words, sounds), known, strict=True)
            ]
            meaning = self.texts.vectors[rows] @ self.reviews.vectors.T
            across = other[rows, None] != own[None, :]
            views = (found[0], found[1], meaning)
            yield Likeness(first, fuse(views, across, self.config), views, across)

    def _views(self) -> tuple[View, View]:
        forms = [*self.reviews.forms, *self.texts.forms]
        tokens = [*self.reviews.tokens, *self.texts.tokens]
        basis = np.arange(len(forms)) < len(self.reviews)
        listed = pa.chunked_array([pa.array([list(words) for words in tokens], STRINGS)])
        written = pa.chunked_array([pa.array([form.replace("\n", " ") for form in forms], pa.string())])
        return word_view(listed, basis), sound_view(written, basis)


def fuse(views: tuple[Floats, Floats, Floats], across: NDArray[np.bool_], config: MatchConfig) -> Floats:
    """Logits of likeness from the three views."""
    words, sounds, meaning = views
    within = config.words * words + config.sounds * sounds + config.meaning * meaning + config.bias
    if not across.any():
        return np.asarray(within, np.float32)
    between = config.across_meaning * meaning + config.across_bias
    return np.asarray(np.where(across, between, within), np.float32)


def score(logits: Floats) -> Floats:
    """Logits as 0 to 1, rounded so that the size of a block never shows."""
    return np.asarray(np.round(1 / (1 + np.exp(-logits.astype(np.float64))), 4), np.float32)


def best(logits: Floats, most: int) -> NDArray[np.int64]:
    """Columns of the ``most`` highest of each row, the highest first; the earlier column where they are equal."""
    most = min(most, logits.shape[1])
    picked = np.argpartition(-logits, most - 1, axis=1)[:, :most] if most < logits.shape[1] else None
    if picked is None:
        picked = np.tile(np.arange(logits.shape[1]), (logits.shape[0], 1))
    picked = np.sort(picked, axis=1)
    order = np.argsort(-np.take_along_axis(logits, picked, 1), axis=1, kind="stable")
    return np.asarray(np.take_along_axis(picked, order, 1), np.int64)


def _transposed(rows: Sparse) -> Sparse:
    return rows.T.tocsr()


def _is_han(forms: Sequence[str]) -> NDArray[np.bool_]:
    """Whether a text is Chinese: a Han character for every few letters."""
    found = []
    for form in forms:
        han, letters = len(_HAN.findall(form)), len(_LETTER.findall(form))
        found.append(han * 5 >= letters and han > 0)
    return np.asarray(found, np.bool_)
