"""The sample incident with the trained encoder and with the hashing stand-in that served before it was trained."""

import re
from typing import Any, cast

import pytest

from models.hashing import HashingEncoder
from models.loading import load_encoder
from pipeline.bench import load_bench

CHINESE = re.compile(r"[\u3400-\u9fff]")


@pytest.mark.slow
def test_people_are_asked_about_pairs_that_the_stand_in_missed() -> None:
    bench = cast("Any", load_bench("encode"))
    sample = bench.sample_texts()
    asked, right = bench.suggestions(sample, load_encoder())
    before, right_before = bench.suggestions(sample, HashingEncoder())
    only_now = right - before
    assert len(only_now) >= 5
    assert len(right) / len(asked) > len(right_before) / len(before)
    text_of = dict(
        zip(sample.texts["text_key"].to_pylist(), sample.texts["match_text"].to_pylist(), strict=True)
    )
    across = [pair for pair in only_now if len({bool(CHINESE.search(text_of[key])) for key in pair}) == 2]
    assert len(across) >= 5, "claims told in English and in Chinese come together"
