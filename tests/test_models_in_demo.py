"""The sample incident with the trained encoder and with the hashing stand-in that served before it was trained."""

import re
from typing import Any, cast

import pytest

from conftest import SAMPLE
from models.hashing import HashingEncoder
from models.loading import load_encoder
from pipeline.batch import run_incident
from pipeline.bench import load_bench
from pipeline.incident import find_incident
from pipeline.paths import DataDir

CHINESE = re.compile(r"[\u3400-\u9fff]")
ROW = re.compile(r"\| (\w\d\d[\w-]*) \| (.+?)…? \| (.+?)…? \| .*meaning")


@pytest.fixture(scope="module")
def bench() -> Any:
    return cast("Any", load_bench("encode"))


@pytest.mark.slow
def test_people_are_asked_about_pairs_that_the_stand_in_missed(bench: Any, sample: DataDir) -> None:
    ours = bench.shown(sample)
    (sample.root / "encoder.toml").write_text(f'encoder = "{HashingEncoder.name}"\n')
    run_incident(sample, find_incident(sample, SAMPLE))
    theirs = bench.shown(sample)
    assert len(ours.right()) / len(ours.asked) > len(theirs.right()) / len(theirs.asked)

    found = bench.missed(ours, theirs)
    across = [pair for pair in found if len({bool(CHINESE.search(ours.texts[key])) for key in pair}) == 2]
    assert len(across) >= 5, "claims told in English and in Chinese come together"

    named = ROW.findall(bench.card_of(load_encoder()).read_text(encoding="utf-8"))
    assert len(named) == 5
    for claim, one, other in named:
        assert any(
            claim in ours.common((left, right))
            and ours.texts[left].startswith(one)
            and ours.texts[right].startswith(other)
            for left, right in found
        ), f"the card names a pair of {claim} that the demo does not show"
