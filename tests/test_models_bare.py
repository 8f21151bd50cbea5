"""The numpy path and sentence-transformers read the same files and give the same vectors."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.bare import BareEncoder, is_static_model
from models.errors import ModelError
from models_support import CHARACTERS, small_static_model

TEXTS = [
    "旧金山唐人街发生火灾，3人受伤",
    "舊金山唐人街發生火災，3人受傷",
    "佢哋话唐人街火灾系假嘅",
    "ＦＩＲＥ in Chinatown, 3 hurt 🔥🔥",
    "e\u0301tude cafe\u0301 ㈱ ½ ⅷ ﬁre",
    "未知字龘龘火灾",
    "a\nb\r\n火灾\u2028唐人街",
    "",
    "   ",
    "\U0002a6d5火\U0010ffff",
    "𝐟𝐢𝐫𝐞 𝟛 𠮶",
    "火" * 700,
    "fire" * 300,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_static_model(tmp_path_factory.mktemp("static") / "small")


@pytest.fixture(scope="module")
def bare(folder: Path) -> BareEncoder:
    return BareEncoder(folder, "small", "1")


def test_plain_sentence_transformers_gives_the_same_vectors(folder: Path, bare: BareEncoder) -> None:
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    assert np.abs(bare.encode(TEXTS) - expected).max() < 1e-3


def test_traditional_cantonese_and_wide_letters_are_the_same_by_construction(bare: BareEncoder) -> None:
    rows = bare.encode(["舊金山發生火災", "旧金山发生火灾", "佢嘅ＦＩＲＥ", "他的fire"])
    assert np.array_equal(rows[0], rows[1])
    assert np.array_equal(rows[2], rows[3])


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(
        st.one_of(st.sampled_from([*CHARACTERS, *"fire3 ，🔥發"]), st.characters(codec="utf-8")), max_size=60
    )
)
def test_every_text_is_cut_as_the_tokenizer_cuts_it(text: str, folder: Path, bare: BareEncoder) -> None:
    ids = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text, add_special_tokens=False).ids
    assert [i for i in bare.token_ids(text) if i] == sorted(i for i in ids if i)


def test_a_batch_boundary_changes_nothing(bare: BareEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bare.encode(TEXTS)
    monkeypatch.setattr("models.bare._BATCH_CHARACTERS", 30)
    assert np.allclose(bare.encode(TEXTS), whole, atol=1e-6)
    assert bare.encode([]).shape == (0, bare.dimensions)


def test_rows_are_unit_and_texts_without_tokens_are_zero(bare: BareEncoder) -> None:
    lengths = np.linalg.norm(bare.encode(["火灾", "！？", ""]), axis=1)
    assert lengths == pytest.approx([1, 0, 0], abs=1e-6)


def test_fewer_dimensions_are_the_first_ones(folder: Path, bare: BareEncoder) -> None:
    narrow = BareEncoder(folder, "small", "1", dimensions=8)
    full = bare.encode(["唐人街火灾"])[0, :8]
    assert narrow.dimensions == 8
    assert narrow.encode(["唐人街火灾"])[0] == pytest.approx(full / np.linalg.norm(full), abs=1e-6)


def test_another_tokenizer_is_refused(folder: Path, tmp_path: Path) -> None:
    specification = json.loads((folder / "tokenizer.json").read_text())
    specification["pre_tokenizer"] = {"type": "Whitespace"}
    (tmp_path / "tokenizer.json").write_text(json.dumps(specification))
    assert not is_static_model(tmp_path)
    with pytest.raises(ModelError, match="sentence-transformers"):
        BareEncoder(tmp_path, "other", "1")


def test_the_path_needs_no_torch(folder: Path) -> None:
    code = (
        "import sys; from models.loading import load_encoder; "
        f"load_encoder({str(folder)!r}).encode(['火灾']); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
