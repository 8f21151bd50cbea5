"""Words in disguise: found by sound and shape, folded only where the sentence gains, always with the reason."""

from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.normalize import fold, match_form, normalize
from pipeline.text import shapes, sounds
from pipeline.text.disguise import Disguises, disguises, target_words, usual_spellings
from pipeline.text.traits import codes_of
from pipeline.text.words import is_usual


def foldings(text: str, words: tuple[str, ...] = ()) -> list[str]:
    return fold([text], words=words)[1][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("昨晚又有人枪鸡学校", "枪鸡→枪击 (homophone)"),
        ("政腑什么都不说", "政腑→政府 (homophone)"),
        ("政苦什么都不说", "政苦→政府 (Cantonese homophone)"),
        ("昨晚学校发生木仓击案", "木仓→枪 (split)"),
        ("他自家的火乍弹", "火乍弹→炸弹 (split character)"),
        ("昨晚这里抢击案", "抢击→枪击 (homophone)"),
        ("昨天政 府来人了", "政 府→政府 (inserted mark)"),
        ("昨天警/察来人了", "警 察→警察 (inserted mark)"),
    ],
)
def test_each_kind_is_folded_with_its_reason(text: str, said: str) -> None:
    assert said in foldings(text)


@pytest.mark.parametrize(
    "text",
    [
        "真正服务人民",
        "抗疫先锋",
        "他读博三年",
        "警方今天检查院子",
        "女子日月明朗",
        "北京，上海，天津",
        "拜仁主场取胜",
        "一郎和伊藤",
    ],
)
def test_usual_words_and_neighbors_stay(text: str) -> None:
    assert foldings(text) == []


def test_words_of_the_incident_are_targets_too() -> None:
    assert foldings("海港像着火了") == []
    assert foldings("海港像着火了", ("海港巷",)) == ["海港像→海港巷 (homophone)"]


def test_words_of_the_incident_reach_normalize() -> None:
    posts = pa.table({"post_id": ["p:1"], "title": pa.array([None], pa.string()), "text": ["海港像着火了"]})
    assert normalize(posts, words=("海港巷",))["match_text"].to_pylist() == ["海港巷着火了"]


def test_the_reading_that_gains_most_wins_and_readings_never_overlap() -> None:
    lines = ["政腑和警茶说疫秒", "枪鸡学校"]
    found = disguises().fold(lines, *codes_of(lines))
    ends = [(folding.line, folding.at + len(folding.seen)) for folding in found]
    starts = [(folding.line, folding.at) for folding in found]
    assert len(found) >= 2
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))
    assert all(lines[f.line][f.at : f.at + len(f.seen)] == f.seen for f in found)


def test_every_target_is_a_word_of_the_matching_form() -> None:
    assert len(target_words()) > 200
    assert [word for word in target_words() if match_form(word) != word] == []


def test_no_usual_spelling_is_a_target() -> None:
    assert not usual_spellings() & target_words()
    assert len(usual_spellings()) > 100


def test_targets_of_one_character_or_other_scripts_are_left_out() -> None:
    assert Disguises(["枪", "fbi", "警察"]).targets == {"警察"}


def test_sounds_and_shapes() -> None:
    assert (sounds.pinyin("国"), sounds.jyutping("国"), sounds.jyutping("枪")) == ("guo", "gwok", "coeng")
    assert sounds.pinyin("a") is None
    assert {"木仓"} <= set(shapes.parts_of("枪"))
    assert {"言午", "讠午"} <= set(shapes.parts_of("许"))
    assert "抢" in shapes.look_alikes("枪")
    assert "枪" not in shapes.look_alikes("枪")


def test_usual_words_are_known() -> None:
    assert is_usual("政府")
    assert not is_usual("郑腐")
