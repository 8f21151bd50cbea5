"""Which encoder the desk uses, and that what people ruled can become one."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner

from conftest import make_incident, store_posts
from models.loading import load_encoder
from models_support import small_static_model, small_transformer
from pipeline.batch import run_incident
from pipeline.chosen_encoder import EncoderChoice, chosen_encoder, encoder_choice
from pipeline.cli import cli
from pipeline.errors import UsageError
from pipeline.ledger import Ledger
from pipeline.paths import CHECKOUT, DataDir
from pipeline.records import Post, RulingKind

NOW = datetime(2026, 3, 13, 12, tzinfo=UTC)


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


SLANG = {
    "警察明天查证件": "灰衫明早睇簿",
    "学校下周停课": "书斋下礼拜落闸",
    "自来水不能喝": "喉水饮唔得",
    "超市断货": "大铺头冇嘢执",
    "医院缺血": "红十字冇红汤",
    "地铁停运": "地龙唔行",
}


@pytest.mark.slow
def test_rulings_of_three_incidents_become_a_model_that_the_desk_uses(data: DataDir) -> None:
    for number, name in enumerate(("fire", "flood", "storm")):
        rule_on_slang(data, name, Random(number))
    out = data.root / "models" / "ours"
    done = CliRunner(env={"CHENGQING_DATA": str(data.root)}).invoke(
        cli, ["model", "tune", "--out", str(out), "--json"], catch_exceptions=False
    )
    told = json.loads(done.output)
    assert told["accepted"], told["reason"]
    assert [(score["incident left out"], score["rulings"]) for score in told["scores"]] == [
        ("fire", 24), ("flood", 24), ("storm", 24),
    ]  # fmt: skip
    choose(data, 'encoder = "models/ours"')
    plain, slang = next(iter(SLANG.items()))
    before, after = (one.encode([plain, slang]) for one in (load_encoder(), chosen_encoder(data)))
    assert after[0] @ after[1] > before[0] @ before[1] + 0.1


def rule_on_slang(data: DataDir, incident: str, random: Random) -> None:
    """Posts in plain words and in slang; people confirmed pairs that mean the same and rejected those that do not."""
    made = make_incident(data, incident)
    posts: list[Post] = []
    rulings: list[tuple[RulingKind, str, str]] = []
    for number in range(24):
        plain, meant = random.sample(list(SLANG), 2)
        kind = random.choice((RulingKind.MUST, RulingKind.MUST_NOT))
        texts = (plain, SLANG[plain if kind is RulingKind.MUST else meant])
        ids = [f"feed:{2 * number + side}" for side in range(2)]
        posts += [
            Post(one, "s", "feed", f"{text} {random.randrange(10**6)}", NOW, "crawl", "test", author_key=one)
            for one, text in zip(ids, texts, strict=True)
        ]
        rulings.append((kind, ids[0], ids[1]))
    store_posts(data, incident, posts)
    ledger = Ledger(data.ledger)
    for ruling in rulings:
        ledger.rule(incident, *ruling, actor="mei")
    run_incident(data, made)
