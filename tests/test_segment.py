"""Words: pinned cuts, user words, one row per distinct text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from pipeline.errors import UsageError
from pipeline.normalize import match_form, normalize
from pipeline.paths import CHECKOUT
from pipeline.segment import SEGMENTER_VARIABLE, community_words, cut, segment
from pipeline.tables import TEXTS

START = datetime(2026, 3, 13, tzinfo=UTC)


def posts(*texts: str) -> pa.Table:
    days = [START + timedelta(days=index) for index in range(len(texts))]
    return pa.table(
        {
            "post_id": [f"p:{index}" for index in range(len(texts))],
            "title": pa.array([None] * len(texts), pa.string()),
            "text": list(texts),
            "posted_at": pa.array(days, pa.timestamp("us", "UTC")),
        }
    )


def test_one_row_per_distinct_text_sorted_by_key() -> None:
    table = posts("唐人街失火", "唐人街失火！", "唐人街失火", "別的事情")
    texts = segment(normalize(table), table)
    assert texts.schema == TEXTS.schema
    assert texts["text_key"].to_pylist() == sorted(texts["text_key"].to_pylist())
    counts = dict(zip(texts["match_text"].to_pylist(), texts["post_count"].to_pylist(), strict=True))
    assert counts == {"唐人街失火": 3, "别的事情": 1}


def test_first_appearance_is_the_earliest_of_all_copies() -> None:
    table = posts("甲城失火", "乙城失火", "甲城失火").take(pa.array([2, 1, 0]))
    texts = segment(normalize(table), table)
    first = dict(zip(texts["match_text"].to_pylist(), texts["first_at"].to_pylist(), strict=True))
    assert first == {"甲城失火": START, "乙城失火": START + timedelta(days=1)}


def test_words_of_the_incident_are_not_cut() -> None:
    assert "海港巷" not in cut(["海港巷失火"])[0]
    assert "海港巷" in cut(["海港巷失火"], ["海港巷"])[0]


def test_words_of_one_incident_do_not_leak_into_the_next() -> None:
    cut(["海港巷失火"], ["海港巷失火"])
    assert "海港巷失火" not in cut(["海港巷失火"])[0]


def test_community_words_are_known_and_each_is_one_word() -> None:
    words = community_words()
    assert len(words) > 50
    assert [word for word in words if " " not in word and cut([word]) != [[word]]] == []


def test_marks_and_spaces_are_no_words() -> None:
    assert cut(["旧金山 ? 25%"]) == [["旧金山", "25%"]]


def test_the_port_to_rust_cuts_alike_with_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    posts = CHECKOUT / "data" / "samples" / "sf-harbor-lane-fire" / "posts.jsonl"
    samples = [str(json.loads(line)["text"]) for line in posts.read_text("utf-8").splitlines()]
    assert len(samples) > 100
    texts = [
        match_form(text)
        for text in [*samples, "旧金山唐人街海港巷失火35人受伤", "他们说apple 15 pro max涨价20%"]
    ]
    plain = cut(texts, ["海港巷"])
    monkeypatch.setenv(SEGMENTER_VARIABLE, "rjieba")
    assert cut(texts, ["海港巷"]) == plain


def test_an_unknown_segmenter_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SEGMENTER_VARIABLE, "scissors")
    with pytest.raises(UsageError, match="scissors"):
        cut(["旧金山"])


def test_order_of_posts_does_not_matter() -> None:
    table = posts("甲城失火", "乙城失火", "甲城失火")
    turned = table.take(pa.array([2, 0, 1]))
    one, other = segment(normalize(table), table), segment(normalize(turned), turned)
    assert one.equals(other)
