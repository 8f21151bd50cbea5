"""What grouping shows to people: rulings that contradict, few suggestions, other languages."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from pipeline import tables as t
from pipeline.group import GroupConfig, TextRuling, group
from pipeline.normalize import normalize
from pipeline.records import MatchRuling, RulingKind
from pipeline.rulings import ruling_conflicts, text_rulings
from pipeline.segment import segment

NOW = datetime(2026, 3, 13, tzinfo=UTC)


def texts_of(*posts: str) -> tuple[pa.Table, pa.Table]:
    table = pa.table(
        {
            "post_id": [f"p:{index}" for index in range(len(posts))],
            "title": pa.array([None] * len(posts), pa.string()),
            "text": list(posts),
            "posted_at": pa.array([NOW] * len(posts), pa.timestamp("us", "UTC")),
        }
    )
    normalized = normalize(table)
    return normalized, segment(normalized, table)


def unit(*rows: list[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    vectors = np.array(rows, np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


THREE = ("甲地的水厂今天上午停水六小时", "乙校的操场明天晚上放电影一场", "丙桥的栏杆下周开始重新刷漆")


def test_rulings_that_contradict_are_told_by_the_posts_along_which_they_do() -> None:
    normalized, texts = texts_of(*THREE)
    posts = pa.table({"post_id": ["p:0", "p:1", "p:2"], "root_id": ["p:0", "p:1", "p:2"]})
    rulings = [
        MatchRuling(0, "fire", RulingKind.MUST, "p:0", "p:1", "mei", NOW, ""),
        MatchRuling(1, "fire", RulingKind.MUST, "p:1", "p:2", "mei", NOW, ""),
        MatchRuling(2, "fire", RulingKind.MUST_NOT, "p:2", "p:0", "ann", NOW, ""),
    ]
    on_texts, _ = text_rulings(rulings, posts, normalized)
    grouping = group(texts, unit([1, 0, 0], [0, 1, 0], [0, 0, 1]), rulings=on_texts)
    assert len(set(grouping.members["group_key"].to_pylist())) == 1
    told = ruling_conflicts(rulings, grouping.conflicts, posts, normalized)
    assert told.schema == t.RULING_CONFLICTS.schema
    (row,) = told.to_pylist()
    assert {row["left_post"], row["right_post"]} == {"p:0", "p:2"}
    assert sorted(row["through_posts"]) == ["p:0", "p:1", "p:2"] and row["through_posts"][1] == "p:1"


def test_rulings_that_agree_make_no_conflict() -> None:
    _, texts = texts_of(*THREE)
    one, two, three = texts["text_key"].to_pylist()
    rulings = [TextRuling(one, two, True), TextRuling(two, three, False)]
    assert group(texts, unit([1, 0, 0], [0, 1, 0], [0, 0, 1]), rulings=rulings).conflicts.num_rows == 0


def test_one_claim_in_two_languages_is_suggested_by_meaning() -> None:
    posts = (
        "Ballots with Chinese names were thrown away",
        "写中文名字的选票都被扔掉了",
        "明天晚上操场放电影一场",
    )
    _, texts = texts_of(*posts)
    near = {"ballots": [1, 0.2, 0], "写中": [1, 0.3, 0.1], "明天": [0.1, 0.1, 1]}
    forms = texts["match_text"].to_pylist()
    vectors = unit(*[next(row for start, row in near.items() if form.startswith(start)) for form in forms])
    (match,) = group(texts, vectors).matches.to_pylist()
    said = dict(zip(texts["text_key"].to_pylist(), forms, strict=True))
    assert {said[match["left_key"]][:2], said[match["right_key"]][:2]} == {"ba", "写中"}
    assert match["similarity"] == 0


def test_a_group_brings_only_so_many_suggestions() -> None:
    towns = "东西南北中上下前后左右大小新老"
    posts = [f"{town}区商会请大家周末到社区中心领取免费口罩和消毒水{town * 9}" for town in towns]
    _, texts = texts_of(*posts)
    config = GroupConfig(matched=0.99, most_suggested=1)
    matches = group(texts, unit(*[[1, 0]] * len(posts)), config).matches
    assert 0 < matches.num_rows <= len(posts)
