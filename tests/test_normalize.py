"""The matching form: pure, idempotent, blind to script, notation and disguise, safe with hostile text."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import opencc
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opencc import OpenCC

from pipeline.normalize import fold, match_form, normalize, text_key
from pipeline.text import characters, scripts, sheet, spellings
from pipeline.text.disguise import disguises
from pipeline.text.numbers import to_digits
from pipeline.text.passes import Lines
from pipeline.text.traits import Trait, character_traits, line_traits

PIECES = st.sampled_from(
    [
        "唔係",
        "佢哋話",
        "槍擊案",
        "三十五人",
        "1.76万元",
        "3千5",
        "百万",
        "二〇一三年",
        "２０１３-04-16",
        "#热点#",
        "//@路人：",
        "@某人 ",
        "http://t.cn/abc",
        "[蜡烛]",
        "🐷",
        "🇺🇸",
        "1️⃣",
        "\u200b",
        "\u202e",
        "&#10;",
        "<b>",
        "枪*击",
        "木 仓",
        "zf",
        "三藩市",
        "計程車",
        "哈萨克斯坦",
        "厄瓜多尔",
        "欧莱雅",
        "档案",
        "？",
        "转发微博",
        "\ud800",
        "\x00",
        "ＡＢ",
        "百分之三十",
        "%",
        ".",
    ]
)


def posts(*texts: str, title: str | None = None) -> pa.Table:
    return pa.table(
        {
            "post_id": [f"p:{i}" for i in range(len(texts))],
            "title": pa.array([title] * len(texts), pa.string()),
            "text": pa.array(texts, pa.string()),
        }
    )


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=12).map("".join)))
def test_match_form_is_idempotent(text: str) -> None:
    once = match_form(text)
    assert match_form(once) == once


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=6).map("".join), max_size=8))
def test_a_text_has_the_same_form_alone_and_among_others(texts: list[str]) -> None:
    assert fold(texts)[0] == [fold([text])[0][0] for text in texts]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("三藩市發生槍擊案", "旧金山发生枪击案"),
        ("台北計程車司機", "台北出租车司机"),
        ("佢哋話三個人死咗", "他们说3个人死了"),
        ("點解唔報警", "为什么不报警"),
        ("死亡三十五人", "死亡35人"),
        ("死亡３５人", "死亡三十五人"),
        ("捐款壹佰元", "捐款100元"),
        ("撒下17,600元", "撒下1.76万元"),
        ("2013-04-16 14:30", "2013年4月16日 14点30分"),
        ("百分之三十的人", "30%的人"),
        ("死亡卅五人", "死亡35人"),
        ("死亡三五人", "死亡35人"),
        ("廿人被捕", "20人被捕"),
        ("廿三日", "23日"),
        ("一死二伤", "1死2伤"),
        ("三月十三号", "３月１３日"),
        ("3/13发生的", "3月13日发生的"),
        ("13 Mar 2026 fire", "2026年3月13日 fire"),
        ("March 13, 2026 fire", "２０２６/３/１３ fire"),
        ("Sept. 1st fire", "9月1日 fire"),
        ("十四时三十分", "14:30"),
        ("一点五亿元", "1.5亿元"),
        ("US$1,000", "一千美元"),
        ("$1.5万", "15000美元"),
        ("HK$三百", "300港元"),
        ("捐了5百万", "捐了五百万"),
        ("罚款2万5千元", "罚款两万五千元"),
        ("来了1千2百人", "来了一千二百人"),
        ("3千5百万美元", "三千五百万美元"),
        ("赔了2万5", "赔了两万五"),
        ("一共3百", "一共300"),
        ("跑了5 km", "跑了五公里"),
        ("枪*击*案发生", "枪击案发生"),
        ("枪 击 案 发 生", "枪击案发生"),
        ("枪\u200b击\u202e案", "枪击案"),
        ("霉国发生木仓击", "美国发生枪击"),
        ("他拿着🔫打人", "他拿着枪打人"),
        ("哈哈哈哈哈哈", "哈哈"),
        ("【真的】旧金山！！", "真的 旧金山"),
        ("看看http://t.cn/zabc吧 @某人", "看看 吧"),
        ("现场听到木仓声后，有人说是木仓击案", "现场听到枪声后，有人说是枪击案"),
        ("听说政-府昨天来人", "听说政府昨天来人"),
        ("听说要打疫秒才能出门", "听说要打疫苗才能出门"),
        ("&lt;b&gt;旧金山&lt;/b&gt;", "旧金山"),
        ("#旧金山# 今天下午两点在唐人街发生枪击", "今天下午2点在唐人街发生枪击"),
    ],
)
def test_two_ways_to_write_the_same_have_one_form(left: str, right: str) -> None:
    assert match_form(left) == match_form(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("死亡3人", "死亡5人"),
        ("档案公开", "文件公开"),
        ("万一有事", "10001有事"),
        ("獅子山火災", "塞拉利昂火灾"),
    ],
)
def test_different_words_keep_different_forms(left: str, right: str) -> None:
    assert match_form(left) != match_form(right)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("二百五", "250"),
        ("三万五", "35000"),
        ("二百零五", "205"),
        ("九一一", "911"),
        ("一一", "一一"),
        ("千万别", "千万别"),
        ("十二月二十五日", "12月25日"),
        ("一百二十三亿四千五百万", "12345000000"),
        ("万一", "万一"),
        ("两三人", "两三人"),
        ("三四个", "三四个"),
        ("三五人", "35人"),
        ("一个人一起走", "一个人一起走"),
        ("三点五十分", "3点50分"),
        ("24/7", "24/7"),
        ("3/4的人", "3/4的人"),
        ("may be 5 of them", "may be 5 of them"),
        ("in march", "in march"),
        ("四川", "四川"),
    ],
)
def test_chinese_numbers_are_read(written: str, digits: str) -> None:
    assert to_digits(written) == digits


def test_every_spelling_of_the_lexicon_reaches_its_word() -> None:
    table, _ = spellings.known()
    alone = {seen: read for seen, read in table.read.items() if seen not in table.near}
    missed = [seen for seen, read in alone.items() if match_form(seen) != match_form(read)]
    assert missed == []


def test_a_spelling_that_needs_company_is_left_alone_without_it() -> None:
    assert match_form("今天吃雪梨") == "今天吃雪梨"
    assert match_form("澳洲的雪梨市") == match_form("澳洲的悉尼市")


def test_foldings_say_what_was_read_as_what_and_why() -> None:
    table = normalize(posts("霉国真乱"), aliases={"大漂亮": "美国"})
    assert table["foldings"].to_pylist() == [["霉国→美国 (homophone)"]]
    aliased = normalize(posts("大漂亮真亂"), aliases={"大漂亮": "美國"})
    assert aliased["match_text"].to_pylist() == ["美国真乱"]
    assert aliased["foldings"].to_pylist() == [["大漂亮→美国 (approved alias)"]]


def test_own_words_and_quoted_words_are_kept_apart() -> None:
    row = normalize(posts("这是假的//@甲：旧金山着火了//@乙：转发微博")).to_pylist()[0]
    assert row["match_text"] == "这是假的"
    assert row["quoted_text"] == "旧金山着火了"


def test_a_bare_repost_has_no_words_of_its_own() -> None:
    assert normalize(posts("转发微博", "//@甲：火", "[蜡烛][蜡烛]"))["match_text"].to_pylist() == ["", "", ""]


def test_a_title_is_read_once() -> None:
    row = normalize(posts("唐人街失火，三人受伤", title="唐人街失火")).to_pylist()[0]
    assert row["match_text"] == match_form("唐人街失火，三人受伤")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("这是简体字", "hans"),
        ("這是繁體字", "hant"),
        ("佢哋話冇事㗎", "yue"),
        ("only English", "en"),
        ("123 !!", "none"),
        ("Привет", "other"),
    ],
)
def test_scripts_are_told_apart(text: str, script: str) -> None:
    assert normalize(posts(text))["script"].to_pylist() == [script]


def test_both_scripts_of_a_text_share_a_key() -> None:
    hans = "今天下午旧金山唐人街发生火灾，消防队已经赶到现场，三人受伤"
    forms = normalize(posts(hans, OpenCC("s2hk").convert(hans), OpenCC("s2twp").convert(hans)))
    assert len(set(forms["text_key"].to_pylist())) == 1


def test_line_breaks_in_a_post_do_not_make_posts() -> None:
    table = normalize(posts("甲城\n乙城\r\n丙城\u2028丁城", "戊&#10;己"))
    assert table["match_text"].to_pylist() == ["甲城 乙城 丙城 丁城", "戊 己"]


def test_an_enormous_post_is_bounded() -> None:
    form = match_form("火" * 5 + "甲乙" * 5_000_000)
    assert 0 < len(form) <= sheet.LONGEST


def test_the_key_depends_on_the_form_alone() -> None:
    assert text_key("旧金山") == text_key("旧金山") != text_key("旧金山 ")


class _Everything(Lines):
    """Lines in which every step meets every line."""

    def _rows(self, needs: Trait, unless: Trait = Trait.NONE) -> list[int]:
        return np.flatnonzero(self._traits).tolist() if needs and not unless else []


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=8).map("".join)), max_size=6))
def test_steps_that_are_left_out_would_have_changed_nothing(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    lines, everything = Lines(texts), _Everything(texts)
    lines.run(disguises())
    everything.run(disguises())
    assert (lines.texts, lines.foldings) == (everything.texts, everything.foldings)


def test_composing_each_character_is_composing_wherever_none_is_tangled() -> None:
    codes = [*range(0x20, 0x3400), *range(0x3400, 0xD800, 97), *range(0xE000, 0x20000)]
    traits = character_traits(np.array(codes, np.uint32))
    calm = [chr(code) for code, bits in zip(codes, traits, strict=True) if not bits & Trait.TANGLED]
    text = "".join(calm)
    assert len(calm) > 50_000
    assert characters.compose_each(text) == characters.compose(text)


def test_opencc_changes_no_line_without_the_characters_we_watch_for(tmp_path: Path) -> None:
    clib = Path(opencc.__file__).parent / "clib"
    table = tmp_path / "phrases.txt"
    arguments = ["-i", clib / "share/opencc/TSPhrases.ocd2", "-f", "ocd2", "-o", table, "-t", "text"]
    subprocess.run([clib / "bin" / "opencc_dict", *map(str, arguments)], check=True, timeout=60)
    to_simplified = scripts.converter("t2s").convert
    phrases = [line.split("\t")[0] for line in table.read_text("utf-8").splitlines()]
    changed = [phrase for phrase in phrases if to_simplified(phrase) != phrase]
    assert len(changed) > 200
    assert [phrase for phrase in changed if not line_traits([phrase])[0] & Trait.SCRIPT] == []
