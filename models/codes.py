"""Small forms of vectors: half precision for storage, 256 sign bits for a first scan."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError

BITS = 256
WORDS = BITS // 64


def sign_codes(vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Return the signs of the first 256 dimensions as four integers per row, shape ``(rows, 4)``.

    Bit ``i % 64`` of integer ``i // 64`` is 1 where dimension ``i`` is above 0. Raises ``ModelError`` for vectors
    that are narrower.
    """
    if vectors.ndim != 2 or vectors.shape[1] < BITS:
        raise ModelError(f"sign codes need {BITS} dimensions, the vectors have shape {vectors.shape}")
    packed = np.packbits(vectors[:, :BITS] > 0, axis=1, bitorder="little")
    return packed.view("<u8").astype(np.uint64)


def code_distances(codes: NDArray[np.uint64], query: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return how many bits of each code differ from the ``query`` code, shape ``(rows,)``."""
    differing: NDArray[np.int64] = np.bitwise_count(codes ^ query).sum(axis=1, dtype=np.int64)
    return differing


def to_half(vectors: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return the vectors in half precision: cosines move by less than 1e-3."""
    return vectors.astype(np.float16)


def from_half(stored: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return stored vectors as unit rows again; rows of 0 stay."""
    vectors = stored.astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors
