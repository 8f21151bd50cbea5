"""The experiment with layers that read neighbors: what it starts from, what it learns from, what it is chosen by."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize
from tokenizers import Tokenizer

from models.bare import BareEncoder, read_table
from models.context import ContextEmbedding, encoding, layer_of
from models.hard_pairs import lookalikes, opposite, paraphrases, swap_words
from models.train import Recipe, fit
from models.validation import validation_figures
from models_support import small_static_model

TEXTS = ["唐人街发生火灾", "", "fire in chinatown", "警察明天打砸商店消息", "火", "唐人街发生火灾 " * 30]
FORMS = ("static", "gate", "window", "attention1")


def write_rows(data: Path, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    path = data / "train" / f"{name}.jsonl.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as handle:
        handle.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def model_of(folder: Path, form: str) -> SentenceTransformer:
    rows, tokenizer = read_table(folder), Tokenizer.from_file(str(folder / "tokenizer.json"))
    module = ContextEmbedding(tokenizer, rows, layer_of(form, rows.shape[1]))
    return SentenceTransformer(modules=[module, Normalize()], device="cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_static_model(tmp_path_factory.mktemp("context") / "small")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_begins_as_the_static_model(folder: Path, form: str) -> None:
    before = BareEncoder(folder, "small", "1").encode(TEXTS)
    assert np.abs(encoding(model_of(folder, form))(TEXTS) - before).max() < 1e-5


def test_a_layer_learns_the_order_that_a_sum_cannot(folder: Path, tmp_path: Path) -> None:
    order = ["警察他们", "他们警察"]
    model = model_of(folder, "attention1")
    triples: list[tuple[str, ...]] = [(order[0] * 2, *order), (order[1] * 2, *order[::-1])] * 8
    fit(model, {"order": triples}, Recipe(dimensions=16, epochs=10, batch=4, learning_rate=0.01), tmp_path)
    first, second = encoding(model)(order)
    assert first @ second < 0.99
    still = BareEncoder(folder, "small", "1").encode(order)
    assert still[0] @ still[1] == pytest.approx(1)


def test_words_change_places_and_nothing_else(folder: Path) -> None:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    text = "唐人街，警察和商店！"
    other = swap_words(text, tokenizer, Random(1))
    assert other is not None
    assert other != text
    assert sorted(other) == sorted(text)
    assert swap_words("警察", tokenizer, Random(1)) is None


def test_hard_triples_keep_who_is_who(tmp_path: Path) -> None:
    write_rows(
        tmp_path,
        "pawsx_zh",
        [{"a": "甲打乙", "b": "乙被甲打", "label": 1}, {"a": "甲打乙", "b": "乙打甲", "label": 0}],
    )
    assert list(paraphrases(tmp_path, Random(1))) == [("甲打乙", "乙被甲打", "乙打甲")]
    titles = [
        ("海港巷大火致三人受伤警方通报", "2022-01-01"),
        ("海港巷火灾三人受伤警方发通报", "2022-01-02"),
        ("海港巷大火致五人受伤消防通报", "2023-05-01"),
        ("警方否认学校明天停课的消息了", "2023-05-02"),
    ]
    rows = [{"text": text, "first_seen": f"{day}T00:00:00+08:00"} for text, day in titles]
    write_rows(tmp_path, "trending_titles_to_2024", rows)
    pair = {"a": titles[0][0], "b": titles[1][0]}
    write_rows(tmp_path, "trend_same_event_to_2023", [pair])
    write_rows(tmp_path, "zhihu_title_edits", [])
    found = list(lookalikes(tmp_path, Random(1)))
    assert [(a, b) for a, b, _ in found] == [(pair["a"], pair["b"])]
    assert found[0][2] in {titles[2][0], titles[3][0]}, "never the same event: it was seen a month away"
    turned = {other for _, _, other in opposite(tmp_path, Random(1))}
    assert turned == {"警方证实学校明天停课的消息了"}


def test_recipes_are_compared_by_what_is_there(folder: Path, tmp_path: Path) -> None:
    pairs = [("火灾受伤", "火灾受伤", 1), ("火灾受伤", "明天打砸", 0), ("警察消息", "警察消息", 1)]
    write_rows(tmp_path, "bq", [{"a": a, "b": b, "label": label} for a, b, label in pairs])
    kinds = {1: "entailment", 0: "contradiction"}
    told = [{"a": a, "b": b, "label": kinds[label]} for a, b, label in pairs]
    write_rows(tmp_path, "ocnli", [*told, {"a": "火灾", "b": "火灾", "label": "neutral"}])
    figures = validation_figures(BareEncoder(folder, "small", "1").encode, tmp_path)
    assert figures == {"bq": pytest.approx(86.6, abs=0.1), "ocnli": pytest.approx(86.6, abs=0.1)}
    assert set(validation_figures(BareEncoder(folder, "small", "1").encode, tmp_path, 2)) == set(figures)
