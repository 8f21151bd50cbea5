"""Views of a text: words, characters and sounds as sparse rows, built column by column.

Weights of words come from the texts at hand and from a prior, so that fifty posts of a new incident are weighed
almost as well as a million.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pypinyin.constants import PINYIN_DICT
from scipy import sparse

from pipeline.numbered import joined
from pipeline.text.words import dictionary

Sparse = Any
"""A ``scipy.sparse.csr_matrix`` of float32; scipy ships no types."""

Basis = NDArray[np.bool_]
"""Which texts the statistics are of: one value per text."""

PRIOR_TEXTS = 2_000
"""Imagined texts whose words follow jieba's frequencies: with fewer real ones, they decide what is common."""
_PRIOR_WORDS = 20
_BUCKETS = 22
"""Bits of a gram's column: 4 million columns, so that two of the few hundred grams of a text rarely meet."""
_BREAK, _SPACE = 10, 32
_SYLLABLES_FROM = 0x110000


@dataclass(frozen=True)
class View:
    """One view: TF-IDF rows of length 1, and what containment needs."""

    rows: Sparse
    """Unit rows."""
    presence: Sparse
    """Rows of idf without term frequency: the dot product of two is the squared idf that they share."""
    mass: NDArray[np.float32]
    """Squared idf of all that a text has: how much it says."""
    rarest: float
    """Squared idf of what occurs once: the unit of evidence."""
    documents: NDArray[np.int64]
    """In how many texts of the basis each column occurs."""
    names: tuple[str, ...] = ()
    """What the columns are, where that can be shown."""


@dataclass(frozen=True)
class Common:
    """How common words and sounds are: with it, a few of very many texts are weighed as they are among all."""

    texts: int
    """Texts of the basis."""
    words: pa.Array
    """Every word, sorted."""
    of_words: NDArray[np.int64]
    """Texts of the basis that each of them occurs in."""
    of_sounds: Mapping[int, NDArray[np.int64]] = field(default_factory=dict)
    """The same of each column of sounds, by width."""

    def documents(self, names: tuple[str, ...]) -> NDArray[np.int64]:
        """Return in how many texts of the basis each of these words occurs."""
        place = pc.index_in(pa.array(names, pa.string()), value_set=self.words)
        found = np.asarray(pc.fill_null(place, 0).to_numpy(zero_copy_only=False), np.int64)
        known = place.is_valid().to_numpy(zero_copy_only=False)
        return np.where(known, self.of_words[found], 0) if len(self.words) else np.zeros(len(names), np.int64)


@dataclass(frozen=True)
class Tokens:
    """The words of some texts: each different word once, and by its number wherever it stands."""

    texts: int
    """How many texts there are."""
    words: pa.Array
    """Different words, in the order in which they are first met."""
    numbers: NDArray[np.int64]
    """Which of them stands in each place."""
    owners: NDArray[np.int64]
    """The text that each place is in."""

    @classmethod
    def of(cls, tokens: pa.ChunkedArray) -> Tokens:
        """Number the words of a column of lists."""
        tokens = _whole(tokens)
        coded = pc.list_flatten(tokens).dictionary_encode()
        owners = pc.list_parent_indices(tokens).to_numpy(zero_copy_only=False)
        return cls(len(tokens), coded.dictionary, coded.indices.to_numpy(zero_copy_only=False), owners)


def word_view(tokens: Tokens, basis: Basis | Common) -> View:
    """Return the view of words: two or more characters, or Latin letters and digits."""
    telling = pc.or_(
        pc.greater(pc.utf8_length(tokens.words), 1), pc.match_substring_regex(tokens.words, "^[a-z0-9]")
    )
    words = np.flatnonzero(telling.to_numpy(zero_copy_only=False))
    words = words[pc.sort_indices(tokens.words.take(pa.array(words))).to_numpy()]
    column = np.full(len(tokens.words), -1, np.int64)
    column[words] = np.arange(len(words))
    names = tuple(tokens.words.take(pa.array(words)).to_pylist())
    columns = column[tokens.numbers]
    kept = columns >= 0
    counts = _counts(tokens.owners[kept], columns[kept], (tokens.texts, len(words)))
    if isinstance(basis, Common):
        documents, total = basis.documents(names), basis.texts
    else:
        documents, total = documents_of(counts, basis), int(basis.sum())
    return _weigh(counts, documents, 1 + total + PRIOR_TEXTS, _prior_documents(names), names)


def sound_view(texts: pa.ChunkedArray, basis: Basis | Common, width: int = 2) -> View:
    """Return the view of neighboring syllables: homophones are alike in it, so disguised spellings are found."""
    codes, rows = code_points(texts)
    grams, owners = _grams(_syllables()[codes], rows, width)
    counts = _counts(owners, grams, (len(texts), 1 << _BUCKETS))
    if isinstance(basis, Common):
        return _weigh(counts, basis.of_sounds[width], 1 + basis.texts)
    return _weigh(counts, documents_of(counts, basis), 1 + int(basis.sum()))


def stack(*views: View) -> Sparse:
    """Return the views side by side as unit rows."""
    joined = sparse.hstack([view.rows for view in views], format="csr", dtype=np.float32)
    joined.data /= np.float32(np.sqrt(len(views)))
    return joined


def code_points(texts: pa.ChunkedArray) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Return all code points but spaces in order, and the row that each belongs to."""
    codes = np.frombuffer(joined(texts, "\n").as_py().encode("utf-32-le"), np.uint32)
    rows = np.cumsum(codes == _BREAK, dtype=np.int32)
    kept = (codes != _BREAK) & (codes != _SPACE)
    return codes[kept], rows[kept]


def _grams(
    codes: NDArray[np.uint32], rows: NDArray[np.int32], width: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the hashed column and the row of each run of ``width`` neighbors within one text."""
    count = max(len(codes) - width + 1, 0)
    mixed = np.full(count, width, np.uint64)
    for step in range(width):
        mixed = (mixed ^ codes[step : step + count]) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    within = rows[:count] == rows[width - 1 : width - 1 + count]
    columns = (mixed[within] * np.uint64(0xBF58476D1CE4E5B9)) >> np.uint64(64 - _BUCKETS)
    return columns.astype(np.int32), rows[:count][within]


def _counts(rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> Sparse:
    matrix = sparse.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _weigh(
    counts: Sparse,
    documents: NDArray[np.int64],
    total: int,
    prior: NDArray[np.float64] | None = None,
    names: tuple[str, ...] = (),
) -> View:
    """Return rows of (1 + log tf) x smoothed idf, as scikit-learn defines them, with prior documents added."""
    weights = _idf(documents, total, prior, counts.indices)
    presence = sparse.csr_matrix((weights, counts.indices, counts.indptr), shape=counts.shape)
    rows = sparse.csr_matrix(
        ((1 + np.log(counts.data)) * weights, counts.indices, counts.indptr), shape=counts.shape
    )
    norms = np.sqrt(_row_sums(np.square(rows.data), rows.indptr))
    norms[norms == 0] = 1
    rows.data /= np.repeat(norms, np.diff(rows.indptr)).astype(np.float32)
    mass = _row_sums(np.square(weights), rows.indptr).astype(np.float32)
    return View(rows, presence, mass, float((np.log(total) + 1) ** 2), documents, names)


def _idf(
    documents: NDArray[np.int64], total: int, prior: NDArray[np.float64] | None, columns: NDArray[Any]
) -> NDArray[np.float32]:
    """Return the idf of each of ``columns``; of few among millions, only theirs is worked out."""
    few = len(columns) < len(documents)
    counted = documents[columns] if few else documents
    told = counted + (0.0 if prior is None else prior[columns] if few else prior)
    idf = (np.log(total / (1 + told)) + 1).astype(np.float32)
    return np.asarray(idf if few else idf[columns])


def documents_of(counts: Sparse, basis: Basis) -> NDArray[np.int64]:
    """Return in how many of the texts of ``basis`` each column occurs."""
    told = counts.indices if basis.all() else counts.indices[np.repeat(basis, np.diff(counts.indptr))]
    return np.asarray(np.bincount(told, minlength=counts.shape[1]))


def _row_sums(values: NDArray[np.float32], starts: NDArray[Any]) -> NDArray[np.float64]:
    """Return the sum of each row, from its own values alone: equal rows have equal sums in any table."""
    filled = np.diff(starts) > 0
    sums = np.zeros(len(filled))
    sums[filled] = np.add.reduceat(values.astype(np.float64), starts[:-1][filled]) if filled.any() else 0
    return sums


def _prior_documents(names: tuple[str, ...]) -> NDArray[np.float64]:
    """Return in how many of the imagined texts each word would occur, by the frequencies of jieba's dictionary."""
    frequencies, total = dictionary(), sum(dictionary().values())
    share = np.array([frequencies.get(name, 0) for name in names], np.float64) / total
    return np.asarray(PRIOR_TEXTS * (1 - (1 - share) ** _PRIOR_WORDS))


@cache
def _syllables() -> NDArray[np.uint32]:
    """Return for each code point the number of its most common syllable without tone, or itself."""
    sounds = {code: _toneless(readings.split(",")[0]) for code, readings in PINYIN_DICT.items()}
    number = {sound: index for index, sound in enumerate(sorted(set(sounds.values())))}
    table = np.arange(_SYLLABLES_FROM, dtype=np.uint32)
    for code, sound in sounds.items():
        table[code] = _SYLLABLES_FROM + number[sound]
    return table


_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ", "aaaaeeeeiiiioooouuuuüüüünnnm")


def _toneless(reading: str) -> str:
    return reading.translate(_TONES)


def _whole(column: pa.ChunkedArray) -> Any:  # noqa: ANN401  pyarrow ships no types
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
