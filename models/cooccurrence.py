"""Starting vectors: which tokens stand near which (positive PMI, factored)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd
from tokenizers import Tokenizer

_WINDOW = 5


def starting_rows(
    texts: Iterable[str], tokenizer: Tokenizer, rows: NDArray[np.int64], dimensions: int, seed: int
) -> NDArray[np.float32]:
    """Return one vector per row, shape ``(rows.max() + 1, dimensions)``, frequent rows shorter than rare ones."""
    count = int(rows.max()) + 1
    matrix = sparse.csr_matrix((count, count), dtype=np.float32)
    frequency = np.zeros(count)
    for ids, documents in _token_batches(texts, tokenizer, rows):
        frequency += np.bincount(ids, minlength=count)
        matrix = matrix + _near_pairs(ids, documents, count)
    positive = _positive_pmi(matrix + matrix.T)
    left, strengths, _ = randomized_svd(positive, dimensions, n_oversamples=16, n_iter=2, random_state=seed)
    vectors = left * np.sqrt(strengths)
    return _scaled(vectors, frequency / max(frequency.sum(), 1))


def _token_batches(
    texts: Iterable[str], tokenizer: Tokenizer, rows: NDArray[np.int64]
) -> Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 100_000:
            yield _tokens(batch, tokenizer, rows)
            batch = []
    if batch:
        yield _tokens(batch, tokenizer, rows)


def _tokens(
    batch: list[str], tokenizer: Tokenizer, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    encoded = [e.ids for e in tokenizer.encode_batch_fast(batch, add_special_tokens=False)]
    lengths = [len(ids) for ids in encoded]
    flat = np.fromiter((i for ids in encoded for i in ids), dtype=np.int64, count=sum(lengths))
    return rows[flat], np.repeat(np.arange(len(batch)), lengths)


def _near_pairs(ids: NDArray[np.int64], documents: NDArray[np.int64], count: int) -> sparse.csr_matrix:
    total = sparse.csr_matrix((count, count), dtype=np.float32)
    for distance in range(1, _WINDOW + 1):
        same = documents[:-distance] == documents[distance:]
        left, right = ids[:-distance][same], ids[distance:][same]
        weight = np.full(len(left), 1 / distance, dtype=np.float32)
        total = total + sparse.coo_matrix((weight, (left, right)), shape=(count, count)).tocsr()
    return total


def _positive_pmi(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    pairs = matrix.tocoo()
    totals = np.asarray(matrix.sum(axis=1)).ravel()
    smoothed = totals**0.75 / (totals**0.75).sum()
    values = np.log(pairs.data / totals[pairs.row] / np.maximum(smoothed[pairs.col], 1e-12))
    keep = values > 0
    return sparse.csr_matrix(
        (values[keep].astype(np.float32), (pairs.row[keep], pairs.col[keep])), shape=matrix.shape
    )


def _scaled(vectors: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    rows: NDArray[np.float32] = (unit * (1e-3 / (1e-3 + share))[:, None]).astype(np.float32)
    return rows
