"""The recipe from end to end on a data folder of a few dozen rows."""

import gzip
import json
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
from models.registry import read_registry, verify
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
    for name in ("trend_same_event_to_2023", "zhihu_title_edits", "zhihu_title_excerpt", "pawsx_zh", "bq"):
        write_rows(folder, name, pairs)
    english = [{"a": place + thing, "b": f"news from city {number}"} for number, (place, thing) in enumerate(
        (place, thing) for place in PLACES for thing in THINGS)]  # fmt: skip
    write_rows(folder, "tatoeba_zh_en", english)
    words = [{"trad": "火災", "simp": "火灾", "pinyin": "", "en": ["fire", "blaze (large)"]},
             {"trad": "大火", "simp": "大火", "pinyin": "", "en": ["blaze", "fire"]},
             {"trad": "豬", "simp": "猪", "pinyin": "", "en": ["pig"]}]  # fmt: skip
    write_rows(folder, "cedict", words)
    return folder


def test_a_changed_source_is_refused_by_name(data: Path) -> None:
    with pytest.raises(ModelError, match=rf"{SOURCES[0].name}.*sha256"):
        verify_sources(data)


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--data"):
        verify_sources(tmp_path)


def test_the_recipe_makes_a_model_that_plain_sentence_transformers_loads(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "verify_sources", lambda folder: None)
    amounts = Amounts(*[20] * 7)
    sizes = Sizes(han_words=300, latin_words=100, numbers=50, characters=300, symbols=20)
    recipe = train.Recipe(dimensions=16, epochs=2, batch=16, sizes=sizes, amounts=amounts)
    folder = tmp_path / "tiny-1"
    train.make_model(data, folder, recipe)

    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    rows = model.encode(["北京发生火灾", "北京發生火災", "上海学校停课"])
    assert rows.shape == (3, 16)
    assert np.allclose(rows[0], rows[1])
    found = recall_at_1(
        lambda texts: model.encode(list(texts)), sample_pairs(data / "train" / "zhihu_title_excerpt.jsonl.gz")
    )
    assert found > 10 / len(PLACES) / len(THINGS)

    registry = tmp_path / "registry.toml"
    write_registry(folder, 16, registry)
    assert len(verify(read_registry(registry)["tiny-1"])) == 16


def test_figures_stand_between_the_markers(tmp_path: Path) -> None:
    card = tmp_path / "card.md"
    card.write_text("before <!-- figures -->old<!-- end --> after")
    write_figures(card, {"stsb_dev": 76.43, "wmt21": 0.8512}, "abc")
    text = card.read_text()
    assert "| stsb_dev | 76.4 |" in text
    assert "| wmt21 | 0.851 |" in text
    assert "old" not in text
    assert json.loads(card.with_suffix(".json").read_text())["figures"]["wmt21"] == 0.8512
