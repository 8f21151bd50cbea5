"""What texts name that can contradict: places and numbers."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import jieba
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from pipeline.group import kernels
from pipeline.group.pairs import Pairs
from pipeline.group.views import Tokens
from pipeline.paths import CHECKOUT

_PLACES = CHECKOUT / "data" / "lexicon" / "places.toml"
_SUFFIX = re.compile(r"(?<=..)(?:自治区|特别行政区|省|市|县)$")
_TAGGED = re.compile(r"^(\S+) \d+ ns$", re.MULTILINE)
_NUMBER = "^[0-9][0-9.]*%?$"
_SHORTEST_STEM = 2


@dataclass(frozen=True)
class Facts:
    """Which facts of one kind each text names."""

    rows: Any
    """Sparse, one row per text and one column per fact, all ones."""
    names: tuple[str, ...]

    def compare(self, pairs: Pairs) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Say for each pair whether they share no such fact, and whether each names just one that the other does not.

        Both are false where one of them names none.
        """
        left, right = self._counts[pairs[:, 0]], self._counts[pairs[:, 1]]
        both = np.flatnonzero((left > 0) & (right > 0))
        shared, _ = kernels.shared(self.rows, self.rows.data, pairs[both, 0], pairs[both, 1])
        none, swapped = np.zeros((2, len(pairs)), np.bool_)
        none[both] = shared == 0
        swapped[both] = (left[both] - shared == 1) & (right[both] - shared == 1)
        return none, swapped

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        return np.asarray(np.diff(self.rows.indptr), np.int64)

    def of(self, row: int) -> list[str]:
        """Return what this text names, sorted."""
        start, end = self.rows.indptr[row : row + 2]
        return sorted(self.names[column] for column in self.rows.indices[start:end])


def places(tokens: Tokens) -> Facts:
    """Return the places of each text; 武汉 and 武汉市 are one."""
    return _facts(tokens, lambda words: pc.is_in(words, value_set=pa.array(sorted(known_places()))), _stem)


def numbers(tokens: Tokens) -> Facts:
    """Return the numbers of each text."""
    return _facts(tokens, lambda words: pc.match_substring_regex(words, _NUMBER), str)


def _facts(tokens: Tokens, pick: Any, canonical: Any) -> Facts:  # noqa: ANN401
    picked = pick(tokens.words).to_numpy(zero_copy_only=False).astype(bool)
    stems = [canonical(word) for word in tokens.words.filter(pa.array(picked)).to_pylist()]
    names = sorted(set(stems))
    place = {name: index for index, name in enumerate(names)}
    column = np.full(len(picked), -1, np.int64)
    column[picked] = [place[stem] for stem in stems]
    columns = column[tokens.numbers]
    kept = columns >= 0
    ones = np.ones(int(kept.sum()), np.float32)
    shape = (tokens.texts, max(len(names), 1))
    rows = sparse.csr_matrix((ones, (tokens.owners[kept], columns[kept])), shape=shape)
    rows.sum_duplicates()
    rows.data[:] = 1
    return Facts(rows, tuple(names))


@cache
def known_places() -> frozenset[str]:
    """Return place names: provinces, cities and counties of jieba's dictionary, and the project's own list.

    jieba tags many common words as places (东西, 英雄), so only names that the dictionary also has with 省, 市 or 县
    are taken.
    """
    with jieba.get_dict_file() as file:
        tagged = set(_TAGGED.findall(file.read().decode("utf-8")))
    full = {word for word in tagged if _stem(word) != word}
    with _PLACES.open("rb") as file:
        lexicon = tomllib.load(file)
    ours = {name for names in lexicon["places"].values() for name in names}
    return frozenset((full | {_stem(word) for word in full} | ours) - set(lexicon["no_places"]["words"]))


def _stem(word: str) -> str:
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= _SHORTEST_STEM else word
