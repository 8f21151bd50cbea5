import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.evaluate import (
    cantonese_pairs,
    cantonese_recall,
    evasion_pairs,
    labeled_pairs,
    rank_correlation,
    recall_at_1,
    sample_pairs,
)
from models.validation import validation_figures


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as handle:
        handle.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path


def by_first_letter(texts: Sequence[str]) -> NDArray[np.float32]:
    """A mock encoder: one axis per first letter, so that every figure is known in advance."""
    rows = np.zeros((len(texts), 26), dtype=np.float32)
    for number, text in enumerate(texts):
        rows[number, ord(text[0]) - ord("a")] = 1
    return rows


def test_rank_correlation_follows_labels(tmp_path: Path) -> None:
    rows = [
        {"a": "ax", "b": second, "label": label}
        for second, label in (("ay", 1), ("by", 0), ("az", 1), ("cz", 0))
    ]
    pairs, labels = labeled_pairs(write(tmp_path / "p.jsonl.gz", rows))
    assert rank_correlation(by_first_letter, pairs, labels) == pytest.approx(100)
    assert rank_correlation(by_first_letter, pairs, [1 - label for label in labels]) == pytest.approx(-100)


def test_recall_counts_own_counterparts_and_equal_texts() -> None:
    assert recall_at_1(by_first_letter, [("a1", "a2"), ("b1", "b2"), ("c1", "d2"), ("d1", "c2")]) == 0.5
    assert recall_at_1(by_first_letter, [("a1", "same"), ("s1", "same")]) == 1.0


def test_a_sample_has_no_text_twice_and_keeps_what_was_asked(tmp_path: Path) -> None:
    rows = [{"a": f"a{n % 5}", "b": f"b{n}", "kind": "x" if n % 2 else "y"} for n in range(20)]
    path = write(tmp_path / "p.jsonl.gz", rows)
    chosen = sample_pairs(path, where={"kind": "x"})
    assert len(chosen) == len({a for a, _ in chosen}) == 5
    assert all(int(b[1:]) % 2 for _, b in chosen)
    assert sample_pairs(path, count=2) == sample_pairs(path, count=2)
    assert sample_pairs(path, least=3) == []


def test_disguises_are_the_queries(tmp_path: Path) -> None:
    path = write(tmp_path / "p.jsonl.gz", [{"a": "original", "b": "disguised", "kind": "k"}])
    assert evasion_pairs(path, "k") == [("disguised", "original")]


def test_any_sentence_with_the_same_english_is_right(tmp_path: Path) -> None:
    write(
        tmp_path / "train" / "tatoeba_zh_en.jsonl.gz",
        [{"a": "x1", "b": "Hi."}, {"a": "c2", "b": "hi"}, {"a": "z", "b": "No"}],
    )
    write(
        tmp_path / "train" / "wordshk_yue_en.jsonl.gz", [{"a": "c0", "b": "Hi!"}, {"a": "q", "b": "unknown"}]
    )
    texts = cantonese_pairs(tmp_path)
    assert (texts.queries, texts.meant) == (["c0"], [{"x1", "c2"}])
    assert set(texts.candidates) == {"x1", "c2", "z"}
    assert cantonese_recall(by_first_letter, texts) == 1.0


def test_recipes_are_chosen_by_the_sources_that_are_there(tmp_path: Path) -> None:
    rows = [{"a": "ax", "b": "ay", "label": 1}, {"a": "ax", "b": "by", "label": 0}]
    write(tmp_path / "train" / "bq.jsonl.gz", rows)
    assert validation_figures(by_first_letter, tmp_path) == {"bq": pytest.approx(100)}
