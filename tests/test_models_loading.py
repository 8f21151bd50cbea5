import shutil
from pathlib import Path

import numpy as np
import pytest

from models import loading, registry
from models.errors import ModelError
from models.hashing import HashingEncoder
from models.loading import load_encoder
from models.registry import folder_files, folder_revision, sha256
from models_support import small_static_model, small_transformer


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A registry with one small default model; returns the model's folder."""
    folder = small_static_model(tmp_path / "small-1")
    files = "".join(f'"{file}" = "{sha256(folder / file)}"\n' for file in folder_files(folder))
    (tmp_path / "registry.toml").write_text(
        f"[small-1]\ndimensions = 16\ndefault = true\n[small-1.files]\n{files}"
    )
    for leftover in ("folds.tsv", "folds.model", "folds.vocab", "corpus.txt"):
        (tmp_path / leftover).unlink(missing_ok=True)
    monkeypatch.setattr(loading, "read_registry", lambda: registry.read_registry(tmp_path / "registry.toml"))
    return folder


def test_without_a_name_the_shipped_model_is_loaded(shipped: Path) -> None:
    encoder = load_encoder()
    assert (encoder.name, encoder.dimensions) == ("small-1", 16)
    assert encoder.revision == load_encoder("small-1").revision


def test_a_changed_file_is_refused_by_name(shipped: Path) -> None:
    path = shipped / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.safetensors.*sha256"):
        load_encoder()


def test_a_missing_file_is_refused_by_name(shipped: Path) -> None:
    (shipped / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        load_encoder()


def test_an_unregistered_file_is_refused(shipped: Path) -> None:
    (shipped / "modeling_extra.py").write_text("print('hello')")
    with pytest.raises(ModelError, match="modeling_extra"):
        load_encoder()


def test_the_stand_in_serves_where_no_model_is_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "read_registry", lambda: registry.read_registry(tmp_path / "none.toml"))
    assert isinstance(load_encoder(), HashingEncoder)


def test_a_local_static_model_is_found_by_its_folder(tmp_path: Path) -> None:
    folder = small_static_model(tmp_path / "mine")
    encoder = load_encoder(str(folder))
    assert encoder.revision == folder_revision(folder)
    assert np.linalg.norm(encoder.encode(["火灾"])[0]) == pytest.approx(1, abs=1e-6)


def test_pickled_weights_are_never_opened(tmp_path: Path) -> None:
    folder = small_static_model(tmp_path / "mine")
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ModelError, match=r"pytorch_model\.bin.*safetensors"):
        load_encoder(str(folder))


@pytest.mark.parametrize(("name", "told"), [("no such", "hashing"), ("BAAI/bge-m3", "@COMMIT")])
def test_a_name_that_cannot_be_loaded_says_what_to_do(name: str, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        load_encoder(name)


def test_a_hub_out_of_reach_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"hub may be out of reach.*folder"):
        load_encoder("BAAI/bge-m3@5617a9f61b028005a4858fdac845db406aefb181")


def test_a_hub_model_loads_at_its_commit_from_what_was_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The hub itself is out of reach here: its cache on disk, laid out as the client does it, stands for it.
    folder, commit = small_transformer(tmp_path / "tiny"), "5" * 40
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    shutil.copytree(
        folder, tmp_path / "hub" / "models--intfloat--multilingual-e5-tiny" / "snapshots" / commit
    )
    name = f"intfloat/multilingual-e5-tiny@{commit}"
    encoder = load_encoder(name, batch_size=2, device="cpu")
    assert encoder.revision.startswith(commit)
    asked = load_encoder(str(folder), prompt="query: ")
    assert np.allclose(encoder.encode(["火灾", "假消息"]), asked.encode(["火灾", "假消息"]))
    with pytest.raises(ModelError, match="hub may be out of reach"):
        load_encoder(f"intfloat/multilingual-e5-tiny@{'6' * 40}")


def test_a_transformer_in_a_folder_gives_unit_rows(tmp_path: Path) -> None:
    encoder = load_encoder(str(small_transformer(tmp_path / "tiny")), batch_size=2)
    rows = encoder.encode(["火灾", "", "唐人街发生火灾", "假消息"])
    assert rows.dtype == np.float32
    assert rows.shape == (4, encoder.dimensions)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 0, 1, 1], abs=1e-5)


def test_a_prompt_changes_vectors_and_revision(tmp_path: Path) -> None:
    folder = str(small_transformer(tmp_path / "tiny"))
    plain, prompted = load_encoder(folder), load_encoder(folder, prompt="火")
    assert plain.revision != prompted.revision
    assert not np.allclose(plain.encode(["消息"]), prompted.encode(["消息"]))


def test_a_family_with_a_known_prefix_gets_it(tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    from models.sentence import SentenceEncoder

    model = SentenceTransformer(str(small_transformer(tmp_path / "tiny")), device="cpu")
    known = SentenceEncoder(model, "intfloat/multilingual-e5-small", "c1")
    asked = SentenceEncoder(model, "somebody/else", "c1", prompt="query: ")
    assert known.revision == asked.revision != "c1"
    assert np.allclose(known.encode(["火灾"]), asked.encode(["火灾"]))
