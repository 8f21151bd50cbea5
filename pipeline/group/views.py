"""Views of a text: its words and its characters as sparse unit rows, built column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

Sparse = Any
"""A ``scipy.sparse.csr_matrix`` of float32; scipy ships no types."""

_BREAK = np.uint32(10)


def word_view(tokens: pa.ChunkedArray) -> tuple[Sparse, list[str]]:
    """Return TF-IDF rows over words of two or more characters (or any Latin word or number), and the words."""
    tokens = tokens.combine_chunks() if isinstance(tokens, pa.ChunkedArray) else tokens
    rows = pc.list_parent_indices(tokens).to_numpy(zero_copy_only=False)
    words = pc.list_flatten(tokens)
    telling = pc.or_(pc.greater(pc.utf8_length(words), 1), pc.match_substring_regex(words, "^[a-z0-9]"))
    telling = telling.to_numpy(zero_copy_only=False)
    coded = words.filter(pa.array(telling)).dictionary_encode()
    vocabulary = np.array(coded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(vocabulary, kind="stable") if len(vocabulary) else np.zeros(0, np.int64)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    columns = rank[coded.indices.to_numpy(zero_copy_only=False)] if len(order) else np.zeros(0, np.int64)
    matrix = _counts(rows[telling], columns, (len(tokens), len(order)))
    return weigh(matrix), vocabulary[order].tolist()


def character_view(texts: pa.ChunkedArray) -> Sparse:
    """Return TF-IDF rows over single characters and pairs of neighbors, spaces left out."""
    codes, rows = _code_points(texts)
    pairs = codes[:-1].astype(np.uint64) << np.uint64(21) | codes[1:].astype(np.uint64)
    same = rows[:-1] == rows[1:]
    grams = np.concatenate([codes.astype(np.uint64), pairs[same]])
    owners = np.concatenate([rows, rows[:-1][same]])
    distinct, columns = np.unique(grams, return_inverse=True)
    return weigh(_counts(owners, columns, (len(texts), len(distinct))))


def weigh(counts: Sparse) -> Sparse:
    """Return unit rows of (1 + log tf) x smoothed idf, as scikit-learn defines them."""
    documents = np.bincount(counts.indices, minlength=counts.shape[1])
    idf = np.log((1 + counts.shape[0]) / (1 + documents)) + 1
    counts.data = ((1 + np.log(counts.data)) * idf[counts.indices]).astype(np.float32)
    norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    norms[norms == 0] = 1
    counts.data /= np.repeat(norms, np.diff(counts.indptr)).astype(np.float32)
    return counts


def _counts(rows: NDArray[Any], columns: NDArray[Any], shape: tuple[int, int]) -> Sparse:
    ones = np.ones(len(rows), np.float32)
    matrix = sparse.csr_matrix((ones, (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    return matrix


def _code_points(texts: pa.ChunkedArray) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return all code points but spaces, and the row that each belongs to."""
    sheet = "\n".join(texts.to_pylist())
    codes = np.frombuffer(sheet.encode("utf-32-le"), np.uint32)
    rows = np.cumsum(codes == _BREAK)
    kept = (codes != _BREAK) & (codes != ord(" "))
    return codes[kept], rows[kept]
