"""The recipe from end to end on a data folder of a few dozen rows."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import train
from models.card import write_figures, write_registry
from models.corpus import SOURCES, verify_sources
from models.errors import ModelError
from models.evaluate import recall_at_1, sample_pairs
from models.pairs import Amounts
from models.registry import folder_files, read_registry, sha256, verify
from models.validation import LABELED
from models.vocabulary import Sizes

PLACES = ("北京", "上海", "广州", "成都", "武汉", "杭州", "西安", "南京", "天津", "重庆")
THINGS = ("发生火灾", "警方通报枪击", "地铁停运", "医院停诊", "学校停课", "暴雨红色预警")


def write_rows(data: Path, name: str, rows: list[dict[str, Any]]) -> None:
    path = data / "train" / f"{name}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as handle:
        handle.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kit")
    claims = [f"{place}{thing}，市民{number}人受影响" for number, (place, thing) in enumerate(
        (place, thing) for place in PLACES for thing in THINGS)]  # fmt: skip
    seen = "2022-05-01T00:00:00+08:00"
    write_rows(
        folder, "trending_titles_to_2024", [{"platform": "x", "text": c, "first_seen": seen} for c in claims]
    )
    pairs = [
        {"a": claim, "b": f"快讯：{claim[:6]}最新消息。{claim}。请大家注意安全！", "label": 1}
        for claim in claims
    ]
    for name in ("trend_same_event_to_2023", "zhihu_title_edits", "zhihu_title_excerpt", "pawsx_zh"):
        write_rows(folder, name, pairs)
    english = [{"a": place + thing, "b": f"news from city {number}"} for number, (place, thing) in enumerate(
        (place, thing) for place in PLACES for thing in THINGS)]  # fmt: skip
    write_rows(folder, "tatoeba_zh_en", english)
    words = [{"trad": "火災", "simp": "火灾", "pinyin": "", "en": ["fire", "blaze (large)"]},
             {"trad": "大火", "simp": "大火", "pinyin": "", "en": ["blaze", "fire", "conflagration", "inferno"]},
             {"trad": "烈火", "simp": "烈火", "pinyin": "", "en": ["inferno", "conflagration", "blaze"]},
             {"trad": "烈焰", "simp": "烈焰", "pinyin": "", "en": ["inferno", "blaze", "raging flames"]},
             {"trad": "火海", "simp": "火海", "pinyin": "", "en": ["conflagration", "raging flames", "blaze"]},
             {"trad": "豬", "simp": "猪", "pinyin": "", "en": ["pig"]}]  # fmt: skip
    write_rows(folder, "cedict", words)
    return folder


def test_a_changed_source_is_refused_by_name(data: Path) -> None:
    with pytest.raises(ModelError, match=rf"{SOURCES[0].name}.*sha256"):
        verify_sources(data)


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--data"):
        verify_sources(tmp_path)


def make_tiny(data: Path, folder: Path) -> Path:
    amounts = Amounts(*[20] * 7)
    sizes = Sizes(han_words=300, latin_words=100, numbers=50, characters=300, symbols=20)
    recipe = train.Recipe(dimensions=16, epochs=2, batch=16, sizes=sizes, amounts=amounts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "verify_sources", lambda folder: None)
        train.make_model(data, folder, recipe)
    return folder


@pytest.fixture(scope="module")
def tiny(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(data, tmp_path_factory.mktemp("made") / "tiny-1")


def test_the_recipe_makes_a_model_that_plain_sentence_transformers_loads(data: Path, tiny: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny), device="cpu")
    rows = model.encode(["北京发生火灾", "北京發生火災", "上海学校停课"])
    assert rows.shape == (3, 16)
    assert np.allclose(rows[0], rows[1])
    found = recall_at_1(
        lambda texts: model.encode(list(texts)), sample_pairs(data / "train" / "zhihu_title_excerpt.jsonl.gz")
    )
    assert found > 10 / len(PLACES) / len(THINGS)

    registry = tiny.parent / "registry.toml"
    write_registry(tiny, 16, registry)
    assert len(verify(read_registry(registry)["tiny-1"])) == 16


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(data: Path, tiny: Path, tmp_path: Path) -> None:
    again = make_tiny(data, tmp_path / "again")
    assert [sha256(tiny / file) for file in folder_files(tiny)] == [
        sha256(again / file) for file in folder_files(again)
    ]


def test_what_is_trained_on_does_not_depend_on_the_order_of_sets(data: Path) -> None:
    # A set of words has another order in every process; the seed of hashing stands for that.
    code = (
        "import sys; from pathlib import Path; from random import Random; from models import pairs; "
        "print(list(pairs.synonym_words(Path(sys.argv[1]), Random(1))), pairs.synonyms(Path(sys.argv[1])))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code, str(data)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    assert "火灾" in told[0]
    assert told[0] == told[1] == told[2]


def test_no_source_that_forbids_shipping_is_trained_on() -> None:
    assert not {source.name for source in SOURCES} & {*LABELED, "ocnli", "wordshk_yue_en"}


def test_the_registry_keeps_the_other_models(tmp_path: Path) -> None:
    registry = tmp_path / "registry.toml"
    registry.write_text('[other-1]\ndimensions = 7\n[other-1.files]\n"a.json" = "00"\n')
    folder = tmp_path / "new-1"
    folder.mkdir()
    (folder / "b.json").write_text("{}")
    for _ in range(2):
        write_registry(folder, 16, registry)
    entries = read_registry(registry)
    assert entries["other-1"].files == {"a.json": "00"}
    assert (entries["other-1"].default, entries["new-1"].default) == (False, True)
    assert len(verify(entries["new-1"])) == 16


def test_figures_stand_between_the_markers(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text("before <!-- figures -->old<!-- end --> after")
    write_figures(card, {"stsb_dev": 76.43, "wmt21": 0.8512}, "abc")
    text = card.read_text()
    assert "| stsb_dev | 76.4 |" in text
    assert "| wmt21 | 0.851 |" in text
    assert "old" not in text
    assert json.loads(card.with_suffix(".json").read_text())["figures"]["wmt21"] == 0.8512
