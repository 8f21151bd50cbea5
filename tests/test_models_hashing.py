import numpy as np
import pytest

from models.errors import ModelError
from models.hashing import HashingEncoder
from models.loading import load_encoder


def test_rows_are_unit_and_blank_texts_are_zero() -> None:
    rows = HashingEncoder().encode(["旧金山唐人街发生火灾", "", "a"])
    assert rows.shape == (3, 256)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 0, 1], abs=1e-6)


def test_scripts_and_widths_meet() -> None:
    rows = HashingEncoder().encode(["舊金山發生ＦＩＲＥ", "旧金山发生fire"])
    assert np.allclose(rows[0], rows[1])


def test_near_copies_are_nearer_than_other_news() -> None:
    near, copy, other = HashingEncoder().encode(
        [
            "网传华埠明天有人打砸商店，请勿外出",
            "网传华埠明天有人打砸商店！请大家勿外出",
            "今年中秋节晚会节目单公布",
        ]
    )
    assert near @ copy > 0.6 > near @ other


def test_batching_changes_nothing() -> None:
    texts = [f"第{number}条消息" for number in range(5000)]
    encoder = HashingEncoder()
    assert np.array_equal(encoder.encode(texts)[4998:], encoder.encode(texts[4998:]))


def test_an_unknown_name_says_what_to_do() -> None:
    with pytest.raises(ModelError, match="nowhere"):
        load_encoder("nowhere")
