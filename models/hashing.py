"""A stand-in encoder that needs no trained file: character n-grams, hashed into a dense vector.

It is what the pipeline runs on when no model is installed, and the lexical peer in the benches.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from opencc import OpenCC
    from sklearn.feature_extraction.text import HashingVectorizer

_BATCH = 4096


class HashingEncoder:
    """Character 1- to 3-grams of the folded text, projected by signed hashing (a count sketch).

    A singular value decomposition would pack more into each dimension, but it has to be fitted on a corpus,
    and then the vectors depend on which corpus and which LAPACK. Signed hashing is a random projection whose
    seed is the hash itself: unbiased for the n-gram cosine, equal on every machine, without a file to ship.
    """

    name = "hashing"

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions

    @property
    def dimensions(self) -> int:
        """Width of every vector."""
        return self._dimensions

    @property
    def revision(self) -> str:
        """Version of the recipe: nothing is trained, so only a change of this module can change a vector."""
        return f"count-sketch-1-{self._dimensions}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit rows, shape ``(len(texts), dimensions)``; an empty text becomes a row of 0."""
        rows = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            folded = [self._fold(text) for text in texts[start : start + _BATCH]]
            rows[start : start + len(folded)] = self._vectorizer.transform(folded).toarray()
        return rows

    def _fold(self, text: str) -> str:
        folded: str = self._converter.convert(unicodedata.normalize("NFKC", text).lower())
        return folded

    @cached_property
    def _converter(self) -> OpenCC:
        from opencc import OpenCC

        return OpenCC("t2s")

    @cached_property
    def _vectorizer(self) -> HashingVectorizer:
        from sklearn.feature_extraction.text import HashingVectorizer

        return HashingVectorizer(
            analyzer="char",
            ngram_range=(1, 3),
            n_features=self._dimensions,
            lowercase=False,
            alternate_sign=True,
            norm="l2",
            dtype=np.float32,
        )
