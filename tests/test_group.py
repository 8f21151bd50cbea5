"""Grouping: order-free, obedient to people, careful with what only looks alike."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import networkx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.hashing import HashingEncoder
from pipeline.errors import StageError
from pipeline.group import GroupConfig, Grouping, TextRuling, group
from pipeline.group.components import components, ruled_components
from pipeline.group.homophones import Hidden
from pipeline.group.pairs import nearest_vectors, quantize, unique_pairs
from pipeline.group.views import Tokens, word_view
from pipeline.normalize import normalize, text_key
from pipeline.phrases import is_correction, is_enquiry
from pipeline.segment import segment

START = datetime(2026, 3, 13, tzinfo=UTC)
FIRE = (
    "旧金山唐人街海港巷昨晚发生火灾，三名住户受伤送院，消防局说起火原因是充电中的电动自行车，一百多人被疏散"
)
FIRE_AGAIN = (
    "转：昨晚旧金山唐人街海港巷火灾，3名住户受伤送院，起火原因是电动自行车充电，100多人被疏散，大家小心"
)
BALLOT = "有人说列治文区投票站把写中文名字的选票都作废了，工作人员把几百张邮寄选票扔进垃圾桶，请大家转发"
BALLOT_AGAIN = "列治文区投票站工作人员把几百张邮寄选票扔进垃圾桶，写中文名字的选票全部作废，请转发给大家"
LOST = "十万火急，一名福建打工者在奥克兰走失，家中失火父母双亡，妹妹伤势很严重想见他最后一面，请联系舅舅电话"
LOST_ELSEWHERE = (
    "十万火急，一名福建打工者在西雅图走失，家中失火父母双亡，妹妹伤势很严重想见他最后一面，请联系舅舅电话"
)
DEBUNK = "辟谣：网传列治文区投票站把几百张邮寄选票扔进垃圾桶、写中文名字的选票作废，此消息不属实"


def texts_of(*posts: str, days: list[int] | None = None) -> pa.Table:
    times = [START + timedelta(days=day) for day in (days or [0] * len(posts))]
    table = pa.table(
        {
            "post_id": [f"p:{index}" for index in range(len(posts))],
            "title": pa.array([None] * len(posts), pa.string()),
            "text": list(posts),
            "posted_at": pa.array(times, pa.timestamp("us", "UTC")),
        }
    )
    return segment(normalize(table), table)


def grouped(texts: pa.Table, **options: Any) -> Grouping:
    return group(texts, HashingEncoder().encode(texts["match_text"].to_pylist()), **options)


def key_of(post: str) -> str:
    table = pa.table({"post_id": ["p"], "title": pa.array([None], pa.string()), "text": [post]})
    return str(normalize(table)["text_key"][0])


def group_of(grouping: Grouping, post: str) -> str:
    members = dict(
        zip(*(grouping.members[name].to_pylist() for name in ("text_key", "group_key")), strict=True)
    )
    return str(members[key_of(post)])


def rule(left: str, right: str, must: bool) -> TextRuling:
    return TextRuling(key_of(left), key_of(right), must)


def test_one_claim_in_two_wordings_is_one_group_and_another_claim_is_not() -> None:
    grouping = grouped(texts_of(FIRE, FIRE_AGAIN, BALLOT, BALLOT_AGAIN))
    assert group_of(grouping, FIRE) == group_of(grouping, FIRE_AGAIN)
    assert group_of(grouping, BALLOT) == group_of(grouping, BALLOT_AGAIN)
    assert group_of(grouping, FIRE) != group_of(grouping, BALLOT)


def test_a_group_explains_itself() -> None:
    grouping = grouped(texts_of(FIRE, FIRE_AGAIN, BALLOT))
    rows = [row for row in grouping.members.to_pylist() if row["group_key"] == group_of(grouping, FIRE)]
    assert sorted(row["is_exemplar"] for row in rows) == [False, True]
    assert {row["joined_by"] for row in rows} == {"similar"}
    weakest = rows[0]["weakest_link"]
    assert GroupConfig().matched <= weakest <= 1
    assert [row["similarity"] for row in rows if row["is_exemplar"]] == [1.0]
    words = rows[0]["keywords"]
    assert rows[1]["keywords"] == words
    assert "唐人街" in words and not any(word.isdigit() for word in words)


def test_a_text_alone_says_so() -> None:
    row = grouped(texts_of(FIRE, BALLOT)).members.to_pylist()[0]
    assert (row["joined_by"], row["weakest_link"], row["group_key"]) == ("alone", None, row["text_key"])


def test_the_other_script_and_disguised_words_change_nothing() -> None:
    traditional = (
        "舊金山唐人街海港巷昨晚發生火災，三名住戶受傷送院，"
        "消防局說起火原因是充電中的電動自行車，一百多人被疏散"
    )
    disguised = "就金山唐人街海岗巷昨晚发生火栽，三名住户受商送院，消防局说起火原因是充店中的电动自型车，一百多人被书散"
    grouping = grouped(texts_of(FIRE, traditional, disguised, BALLOT))
    assert key_of(traditional) == key_of(FIRE)
    assert group_of(grouping, disguised) == group_of(grouping, FIRE) != group_of(grouping, BALLOT)


def test_a_word_is_heard_in_characters_that_are_no_words() -> None:
    """易苑 says 医院; 事件 and 时间 are two words, whatever they sound like; 是在 are two common characters."""
    words = [["医院", "事件", "实在"], ["易", "苑", "病人"], ["易苑", "病人"], ["时间", "医院"], ["是", "在"]]
    tokens = Tokens.of(pa.chunked_array([words], pa.list_(pa.string())))
    hidden = Hidden.of(tokens, word_view(tokens, np.ones(5, np.bool_)))
    against_first = hidden.compare(np.array([[0, 1], [0, 2], [0, 3], [0, 4]]))
    assert (against_first[:2] > 0).all() and not against_first[2:].any()


def test_one_template_filled_with_two_places_is_suggested_only() -> None:
    grouping = grouped(texts_of(LOST, LOST_ELSEWHERE, FIRE))
    assert group_of(grouping, LOST) != group_of(grouping, LOST_ELSEWHERE)
    why = grouping.matches.to_pylist()[0]["why"]
    assert "places differ" in why and "奥克兰" in why and "西雅图" in why


def test_one_frame_with_two_numbers_is_suggested_only() -> None:
    told = (
        "卫生局今天通报本市新增确诊病例{}例，患者已送定点医院隔离治疗，密切接触者正在医学观察，请市民不要恐慌"
    )
    grouping = grouped(texts_of(told.format(35), told.format(41), FIRE))
    assert group_of(grouping, told.format(35)) != group_of(grouping, told.format(41))
    why = grouping.matches.to_pylist()[0]["why"]
    assert "numbers differ" in why and "35" in why and "41" in why


def test_a_correction_stands_beside_its_rumor() -> None:
    grouping = grouped(texts_of(BALLOT, BALLOT_AGAIN, DEBUNK))
    assert group_of(grouping, DEBUNK) not in {group_of(grouping, BALLOT)}
    whys = [
        row["why"]
        for row in grouping.matches.to_pylist()
        if key_of(DEBUNK) in (row["left_key"], row["right_key"])
    ]
    assert whys and whys[0].startswith("corrects")


def test_short_texts_never_join_by_similarity() -> None:
    grouping = grouped(texts_of("着火了", "着火了啊", "真的吗", "真的吗啊"))
    assert set(grouping.members["joined_by"].to_pylist()) == {"alone"}


def test_the_same_topic_a_year_later_is_not_the_same_claim() -> None:
    now, later = "旧金山今年第3号高温警报发布", "旧金山发布第5号高温警报 周末最热"
    together = grouped(texts_of(now, later, FIRE, days=[0, 2, 0]))
    apart = grouped(texts_of(now, later, FIRE, days=[0, 800, 0]))
    assert group_of(together, now) == group_of(together, later)
    assert group_of(apart, now) != group_of(apart, later)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_gives_the_same_grouping(seed: int) -> None:
    posts = [
        FIRE,
        FIRE_AGAIN,
        BALLOT,
        BALLOT_AGAIN,
        LOST,
        LOST_ELSEWHERE,
        DEBUNK,
        "着火了",
        "another thing entirely",
    ]
    texts = texts_of(*posts)
    vectors = HashingEncoder().encode(texts["match_text"].to_pylist())
    order = list(range(len(texts)))
    random.Random(seed).shuffle(order)
    one, other = group(texts, vectors), group(texts.take(pa.array(order)), vectors[order])
    assert one.members.equals(other.members)
    assert one.matches.equals(other.matches)


def test_people_join_and_split_whatever_the_texts_say() -> None:
    texts = texts_of(FIRE, FIRE_AGAIN, BALLOT, BALLOT_AGAIN)
    grouping = grouped(texts, rulings=[rule(FIRE, BALLOT, True), rule(FIRE, FIRE_AGAIN, False)])
    assert group_of(grouping, FIRE) == group_of(grouping, BALLOT)
    assert group_of(grouping, FIRE) != group_of(grouping, FIRE_AGAIN)


def test_what_people_ruled_apart_is_not_suggested_again() -> None:
    grouping = grouped(texts_of(FIRE, FIRE_AGAIN), rulings=[rule(FIRE, FIRE_AGAIN, False)])
    assert grouping.matches.num_rows == 0


def test_rulings_on_texts_that_are_not_here_have_no_effect() -> None:
    plain = grouped(texts_of(FIRE, FIRE_AGAIN))
    ruled = grouped(texts_of(FIRE, FIRE_AGAIN), rulings=[TextRuling(text_key("nowhere"), key_of(FIRE), True)])
    assert plain.members.equals(ruled.members)


def test_vectors_of_other_texts_are_refused() -> None:
    with pytest.raises(StageError, match="encode these texts again"):
        group(texts_of(FIRE, BALLOT), np.zeros((1, 8), np.float32))


def test_no_texts_give_no_groups() -> None:
    grouping = group(texts_of(FIRE).slice(0, 0), np.zeros((0, 8), np.float32))
    assert (grouping.members.num_rows, grouping.matches.num_rows) == (0, 0)


edges_of = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40)


def as_pairs(edges: list[tuple[int, int]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    pairs = np.array(edges, np.int64).reshape(-1, 2)
    return unique_pairs(pairs[:, 0], pairs[:, 1])


@given(edges_of)
def test_components_are_those_of_networkx(edges: list[tuple[int, int]]) -> None:
    graph = networkx.Graph(edges)
    graph.add_nodes_from(range(20))
    expected = {frozenset(nodes) for nodes in networkx.connected_components(graph)}
    labels = components(20, as_pairs(edges))
    assert {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist())} == expected
    assert all(label == min(np.flatnonzero(labels == label)) for label in set(labels.tolist()))


@settings(max_examples=200)
@given(edges_of, edges_of, edges_of, st.randoms(use_true_random=False))
def test_rulings_always_win(
    edges: list[tuple[int, int]],
    must: list[tuple[int, int]],
    apart: list[tuple[int, int]],
    rng: random.Random,
) -> None:
    forced = components(20, as_pairs(must))
    must_not = as_pairs([pair for pair in apart if forced[pair[0]] != forced[pair[1]]])
    strengths = np.array([rng.random() for _ in as_pairs(edges)])
    labels = ruled_components(20, as_pairs(edges), strengths, as_pairs(must), must_not)
    assert all(labels[left] == labels[right] for left, right in as_pairs(must))
    assert all(labels[left] != labels[right] for left, right in must_not)


def test_near_vectors_are_found_whatever_the_number_of_threads() -> None:
    vectors = np.random.default_rng(3).normal(size=(300, 64)).astype(np.float32)
    vectors[10] = vectors[200] + 0.01
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = nearest_vectors(quantize(vectors), np.arange(300), 0.8, 5)
    assert [10, 200] in found.tolist()
    steps = quantize(vectors).astype(np.int64)
    assert (
        float((steps[10] @ steps[200]) / np.sqrt((steps[10] @ steps[10]) * (steps[200] @ steps[200]))) > 0.8
    )


def forms(*posts: str) -> pa.ChunkedArray:
    untitled = pa.array([None] * len(posts), pa.string())
    table = pa.table({"post_id": list(map(str, range(len(posts)))), "title": untitled, "text": list(posts)})
    return normalize(table)["match_text"]


def test_corrections_are_told_from_enquiries() -> None:
    said = forms(
        DEBUNK,
        "求辟谣，这是真的吗？",
        "警方澄清：這是謠言",
        "This is a hoax, it is false",
        "唐人街失火",
        "係咪真㗎？",
        "有誰能證實？",
    )
    assert is_correction(said).tolist() == [True, False, True, True, False, False, False]
    assert is_enquiry(said).tolist() == [False, True, False, False, False, True, True]
