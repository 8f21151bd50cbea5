"""How like each text is to each review's claim: four views within a language, meaning alone between languages.

Words, sounds and meaning compare the whole of two texts. Passages count the runs of sounds that both have, however
much else each of them says: a rumor quoted inside a long post is found by that. What two long texts share by chance
are single words and sounds, hardly ever runs.

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

from pipeline.group.views import Common, Sparse, Tokens, View, sound_view, word_view
from pipeline.schema import STRINGS

Floats = NDArray[np.float32]
VIEWS = ("words", "sounds", "passages", "meaning")
PASSAGE = 4
"""Syllables of a run."""

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile("[^\\W\\d_]")


@dataclass(frozen=True, slots=True)
class MatchConfig:
    """How views are fused, and from where on a review is suggested.

    The numbers were chosen on one half of the fact-checks by ``chengqing bench match``, which scores the other half.
    """

    words: float = 1.0
    sounds: float = 8.0
    passages: float = 4.0
    half_of_passages: float = 9.0
    """So many runs in common, each counted by how rare it is, are half of all that passages can say."""
    meaning: float = 5.0
    bias: float = -7.9
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
    views: tuple[Floats, ...]
    """In the order of ``VIEWS``."""
    across: NDArray[np.bool_]
    """Whether the pair stands between languages and meaning alone speaks."""


@dataclass(frozen=True)
class Reviewed:
    """Reviews and the texts to compare with them."""

    reviews: Texts
    texts: Texts
    config: MatchConfig

    def blocks(self) -> Iterator[Likeness]:
        """Likenesses block by block, in the order of the texts."""
        words = self._words()
        count = len(self.reviews)
        own, other = _is_han(self.reviews.forms), _is_han(self.texts.forms)
        known = _transposed(words.rows[:count])
        sounds = _Heard(self.reviews.forms, 2)
        runs = _Heard(self.reviews.forms, PASSAGE)
        for first in range(0, len(self.texts), self.config.block):
            rows = slice(first, min(first + self.config.block, len(self.texts)))
            forms = self.texts.forms[rows]
            shared = runs.shared(forms)
            views = (
                (words.rows[count + rows.start : count + rows.stop] @ known).toarray(),
                sounds.alike(forms),
                shared / (shared + np.float32(self.config.half_of_passages)),
                self.texts.vectors[rows] @ self.reviews.vectors.T,
            )
            fused, across = fuse(views, other[rows, None] != own[None, :], self.config)
            yield Likeness(first, fused, views, across)

    def _words(self) -> View:
        tokens = [*self.reviews.tokens, *self.texts.tokens]
        basis = np.arange(len(tokens)) < len(self.reviews)
        column = pa.chunked_array([pa.array([list(words) for words in tokens], STRINGS)])
        return word_view(Tokens.of(column), basis)


class _Heard:
    """Sounds of the reviews, to be compared with those of some texts at a time: a million would not fit."""

    def __init__(self, reviews: Sequence[str], width: int) -> None:
        view = sound_view(_written(reviews), np.ones(len(reviews), np.bool_), width)
        self._width = width
        self._once = np.float32((np.log((1 + len(reviews)) / 2) + 1) ** 2)
        self._rows, self._presence = _transposed(view.rows), _transposed(view.presence)
        none = pa.array([], pa.string())
        self._common = Common(len(reviews), none, np.zeros(0, np.int64), {width: view.documents})

    def alike(self, texts: Sequence[str]) -> Floats:
        """Cosine of each text with each review."""
        found: Floats = (self._of(texts).rows @ self._rows).toarray()
        return found

    def shared(self, texts: Sequence[str]) -> Floats:
        """How many runs each text shares with each review, one that occurs in a single review counting as one."""
        found: Floats = (self._of(texts).presence @ self._presence).toarray()
        return found / self._once

    def _of(self, texts: Sequence[str]) -> View:
        return sound_view(_written(texts), self._common, self._width)


def fuse(
    views: Sequence[Floats], between: NDArray[np.bool_], config: MatchConfig
) -> tuple[Floats, NDArray[np.bool_]]:
    """Logits of likeness from the views, in the order of ``VIEWS``, and where meaning alone decided them.

    That may be so ``between`` languages. A post in two languages stands between them, too, and what it shares in
    words counts like in any other.
    """
    words, sounds, passages, meaning = views
    within = config.words * words + config.sounds * sounds + config.meaning * meaning + config.bias
    within += config.passages * passages
    alone = np.asarray(config.across_meaning * meaning + config.across_bias, np.float32)
    across = between & (alone > within)
    return np.where(across, alone, within).astype(np.float32), across


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


def _written(forms: Sequence[str]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([form.replace("\n", " ") for form in forms], pa.string())])


def _transposed(rows: Sparse) -> Sparse:
    return rows.T.tocsr()


def _is_han(forms: Sequence[str]) -> NDArray[np.bool_]:
    """Whether a text is Chinese: a Han character for every few letters."""
    found = []
    for form in forms:
        han, letters = len(_HAN.findall(form)), len(_LETTER.findall(form))
        found.append(han * 5 >= letters and han > 0)
    return np.asarray(found, np.bool_)
