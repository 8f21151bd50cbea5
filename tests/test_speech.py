"""Who asks and who corrects: phrases and the small model together, in every script, quickly."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from models import speech
from models.errors import ModelError
from models.registry import HERE, Entry, verify
from models.speech_train import own_lines, train, write
from pipeline.normalize import match_form
from pipeline.phrases import _CUE, _matches, listed, speech_flags


def said(*texts: str) -> pa.ChunkedArray:
    return pa.chunked_array([[match_form(text) for text in texts]])


ASKS = (
    "这是真的吗？",
    "真的假的",
    "係咪真㗎？",
    "真定假呀？求證",
    "有冇人confirm到呢單嘢？",
    "消息可靠嗎",
    "群里看到的，不知道真假",
    "坐等官方辟谣",
    "出处？",
    "Is this true?",
    "can anyone confirm this",
    "any source?",
    "Today the water is off in all of Chinatown, does anyone know if this is real",
)
CORRECTS = (
    "警方澄清：這是謠言",
    "已经辟谣了，别传",
    "流料嚟㗎，唔好再傳",
    "老作",
    "圖是P的，不是這裡",
    "這是幾年前的舊聞",
    "This is a hoax, it is false",
    "already debunked, stop sharing this",
)
NEITHER = (
    "太可怜了，愿逝者安息",
    "真的很难过",
    "真系好惨",
    "我是真的想去",
    "转发微博",
    "几点开门？",
    "卖假货的被抓了",
    "Where can I donate?",
    "It's true, I saw it",
    "",
)


def test_those_who_ask_are_heard_in_every_script() -> None:
    asks, corrects = speech_flags(said(*ASKS))
    assert [text for text, heard in zip(ASKS, asks, strict=True) if not heard] == []
    assert not corrects.any()


def test_those_who_correct_are_heard_and_are_no_enquiry() -> None:
    asks, corrects = speech_flags(said(*CORRECTS))
    assert [text for text, heard in zip(CORRECTS, corrects, strict=True) if not heard] == []
    assert not asks.any()


def test_other_talk_is_neither() -> None:
    asks, corrects = speech_flags(said(*NEITHER))
    assert [t for t, a, c in zip(NEITHER, asks, corrects, strict=True) if a or c] == []


@pytest.mark.parametrize(
    "text", ["求辟谣", "是不是谣言？", "不确定是不是假消息", "直觉是谣言，坐等辟谣", "我怀疑是造谣"]
)
def test_a_wish_for_a_correction_or_a_guess_at_one_is_a_question(text: str) -> None:
    asks, corrects = speech_flags(said(text))
    assert (asks[0], corrects[0]) == (True, False)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Is the April election really postponed?", True),
        ("were the ballots actually thrown away?", True),
        ("did ICE actually come to the school?", True),
        ("wait, the mayor really resigned?", True),
        ("heard the clinic is closing, true?", True),
        ("真的？ is it really cancelled", True),
        ("is this photo real or AI?", True),
        ("the election is really postponed", False),
        ("is the food really good there?", False),
        ("is it really that hard to park", False),
        ("did you really just say that lol", False),
        ("this is confirmed by police", False),
        ("why is the school really closed", False),
    ],
)
def test_english_asks_by_its_order_of_words_and_not_by_really_alone(text: str, asks: bool) -> None:
    assert speech_flags(said(text))[0].tolist() == [asks]


def test_the_model_hears_what_no_list_holds() -> None:
    texts = said("感觉不靠谱啊这消息", "这能是真事?", "i really doubt that happened")
    asks, corrects = listed(texts)
    assert not corrects.any()
    assert speech_flags(texts)[0].sum() > asks.sum()


def test_no_own_line_of_a_kind_is_lost_by_the_quick_look() -> None:
    """The cue is a filter before everything else: it may let much through, and must drop little."""
    lines = [row["text"] for row in own_lines() if row["label"] != "other"]
    assert _matches(pa.chunked_array([lines]), _CUE).mean() > 0.95


def test_grams_never_cross_a_clause_and_know_its_borders() -> None:
    grams = speech.clause_grams(["真的吗?好", "ab cd", ""])
    assert grams.text.tolist() == [0, 0, 0, 1, 2, 2][: len(grams.text)] or grams.text.max() == 2
    one, apart = speech.clause_grams(["真 的"]), speech.clause_grams(["真", "的"])
    assert sorted(one.bucket.tolist()) == sorted(apart.bucket.tolist())
    assert set(speech.clause_grams(["ab cd"]).bucket) - set(speech.clause_grams(["ab", "cd"]).bucket)


def test_a_question_at_the_end_of_a_long_post_is_heard() -> None:
    model = speech.load_speech()
    long = " ".join(["今天唐人街又有新店开张大家都去看看热闹"] * 20)
    alone, within = model.chances(["这是真的吗?", long + " 这是真的吗?"])
    assert within[1] == pytest.approx(alone[1])
    assert model.chances([long])[0, 1] < model.thresholds[1]


def test_texts_are_heard_alike_alone_and_in_a_crowd() -> None:
    model, texts = speech.load_speech(), [match_form(text) for text in ASKS + CORRECTS + NEITHER]
    crowd = model.chances(texts)
    alone = np.vstack([model.chances([text]) for text in texts])
    assert np.allclose(crowd, alone)
    assert model.chances([]).shape == (0, 3)


def test_hostile_texts_are_only_texts() -> None:
    texts = ["\n\n\n", "\ud800?", "?" * 5000, "真" * 100_000, "\x00\x00", " ", "𠀀𠀀?"]
    assert len(speech.load_speech().chances(texts)) == len(texts)


def test_a_changed_weight_file_is_refused(tmp_path: Path) -> None:
    shutil.copytree(HERE / speech.NAME, tmp_path / speech.NAME)
    shipped = speech.speech_entry()
    entry = Entry(shipped.name, tmp_path / speech.NAME, 3, default=False, files=shipped.files)
    assert verify(entry) == speech.speech_revision()
    path = tmp_path / speech.NAME / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelError, match="sha256"):
        verify(entry)


def test_training_twice_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(train(own_lines()), tmp_path / name)
    one, two = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("one", "two"))
    assert one == two


def test_a_hundred_thousand_short_texts_in_seconds() -> None:
    """Generous, for machines are shared; `chengqing bench rank` prints the rate."""
    texts = pa.chunked_array([[f"第{n}个人说这件事真的很难过 大家要小心" for n in range(30_000)]])
    speech_flags(texts[:10])
    started = time.perf_counter()
    speech_flags(texts)
    assert time.perf_counter() - started < 6
