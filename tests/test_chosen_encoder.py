"""Which encoder the desk uses, and that what people ruled can become one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from models.loading import load_encoder
from models_support import small_static_model, small_transformer
from pipeline.chosen_encoder import EncoderChoice, chosen_encoder, encoder_choice
from pipeline.errors import UsageError
from pipeline.paths import CHECKOUT, DataDir


def choose(data: DataDir, text: str) -> None:
    data.root.mkdir(parents=True, exist_ok=True)
    (data.root / "encoder.toml").write_text(text, encoding="utf-8")


def test_without_a_file_it_is_the_one_that_ships(data: DataDir) -> None:
    assert chosen_encoder(data).name == load_encoder().name == "chengqing-static-1"


def test_a_model_below_the_data_folder_becomes_the_one_in_use(data: DataDir) -> None:
    folder = small_static_model(data.root / "models" / "ours")
    choose(data, 'encoder = "models/ours"')
    chosen = chosen_encoder(data)
    assert chosen.revision == load_encoder(str(folder)).revision
    assert chosen_encoder(data, "chengqing-static-1").name == "chengqing-static-1"


def test_the_prompt_of_the_file_is_for_the_model_of_the_file(data: DataDir, tmp_path: Path) -> None:
    folder, other = (str(small_transformer(tmp_path / name / "model")) for name in ("a", "b"))
    choose(data, f'encoder = "{folder}"\nprompt = "火"\nbatch_size = 1\ndevice = "cpu"')
    texts = ["消息", "唐人街火灾"]
    assert np.allclose(chosen_encoder(data).encode(texts), load_encoder(folder, prompt="火").encode(texts))
    assert chosen_encoder(data, other).revision == load_encoder(other).revision


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('model = "x"', r"encoder\.toml: model is not known; write encoder, prompt"),
        ('batch_size = "64"', r"encoder\.toml: batch_size is '64'; write a whole number"),
        ("batch_size = true", r"batch_size is True; write a whole number"),
        ("batch_size = 0", r"batch_size is 0; write 1 or more"),
        ("encoder = 5", r"encoder is 5; write a text in quotes"),
        ("encoder = ", r"encoder\.toml: .*mend the file"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_what_to_write(
    data: DataDir, text: str, told: str
) -> None:
    choose(data, text)
    with pytest.raises(UsageError, match=told):
        chosen_encoder(data)


def test_the_example_says_what_the_desk_does_without_it(data: DataDir) -> None:
    example = (CHECKOUT / "data" / "samples" / "encoder.toml").read_text(encoding="utf-8")
    choose(data, example)
    assert encoder_choice(data) == EncoderChoice(name=load_encoder().name)
    alternatives = [
        line.removeprefix("# ") for line in example.splitlines() if line.startswith("# ") and " = " in line
    ]
    assert len([tomllib.loads(line) for line in alternatives]) == 4
