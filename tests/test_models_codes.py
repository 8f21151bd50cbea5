import numpy as np
import pytest

from models.codes import code_distances, from_half, sign_codes, to_half
from models.errors import ModelError


def unit_rows(count: int, width: int = 256) -> np.ndarray:
    rows = np.random.default_rng(1).normal(size=(count, width)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_each_bit_is_the_sign_of_its_dimension() -> None:
    rows = unit_rows(5)
    codes = sign_codes(rows)
    assert codes.shape == (5, 4)
    for dimension in (0, 63, 64, 200, 255):
        bits = (codes[:, dimension // 64] >> np.uint64(dimension % 64)) & np.uint64(1)
        assert bits.tolist() == (rows[:, dimension] > 0).astype(int).tolist()


def test_distance_counts_differing_signs() -> None:
    rows = unit_rows(20)
    expected = ((rows > 0) != (rows[3] > 0)).sum(axis=1)
    assert code_distances(sign_codes(rows), sign_codes(rows)[3]).tolist() == expected.tolist()


def test_narrow_vectors_are_refused() -> None:
    with pytest.raises(ModelError, match="256"):
        sign_codes(unit_rows(2, 128))


def test_half_precision_keeps_cosines() -> None:
    rows = unit_rows(50)
    back = from_half(to_half(rows))
    assert np.abs(back @ back.T - rows @ rows.T).max() < 1e-3
    assert np.linalg.norm(back, axis=1) == pytest.approx(np.ones(50), abs=1e-6)


def test_an_empty_vector_stays_empty() -> None:
    assert not from_half(np.zeros((1, 256), dtype=np.float16)).any()
