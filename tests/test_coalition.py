"""The coalition file: partners and their rule, with problems named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.coalition import ALONE, ConsensusRule, load_coalition
from pipeline.errors import CoalitionError
from pipeline.paths import CHECKOUT, DataDir


def written(root: Path, text: str) -> DataDir:
    (root / "coalition.toml").write_text(text, encoding="utf-8")
    return DataDir(root)


def test_a_desk_without_a_file_stands_alone(tmp_path: Path) -> None:
    assert load_coalition(DataDir(tmp_path)) is ALONE


def test_the_sample_has_four_partners_and_the_default_rule(tmp_path: Path) -> None:
    text = (CHECKOUT / "data" / "samples" / "coalition.toml").read_text(encoding="utf-8")
    coalition = load_coalition(written(tmp_path, text))
    assert [p.id for p in coalition.partners] == ["partner-a", "partner-b", "partner-c", "partner-d"]
    assert coalition.rule == ConsensusRule()
    assert coalition.partner("partner-b").name("yue-Hant") == "金山坡法律援助"
    assert all(set(p.names) == {"en", "zh-Hans", "zh-Hant"} for p in coalition.partners)


ONE = '[name]\nen = "C"\n[[partners]]\nid = "a"\nname = { en = "A" }\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "mend the file"),
        ("[name]\nzh-Hans = 'x'\n", "at least en"),
        (ONE + "[[partners]]\nid = 'a'\nname = { en = 'B' }\n", "stands there twice"),
        (ONE + "[consensus]\nmajority = 3\n", "knows no majority"),
        (ONE + "[consensus]\nblocks_that_stop = 0\n", "start at 1"),
        (ONE + "[consensus]\nall_must_answer = 1\n", "true or false"),
        (ONE + "[consensus]\ndeadline_minutes = true\n", "whole numbers"),
        ("[name]\nen = 'C'\nfr = 'C'\n", "languages are"),
        ("[name]\nen = 'C'\n[[partners]]\nid = '../x'\nname = { en = 'A' }\n", "cannot be used"),
    ],
)
def test_a_problem_names_file_and_fix(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Exception, match=said) as caught:
        load_coalition(written(tmp_path, text))
    assert "coalition.toml" in str(caught.value)


def test_an_unknown_partner_is_named(tmp_path: Path) -> None:
    with pytest.raises(CoalitionError, match="known: a"):
        load_coalition(written(tmp_path, ONE)).partner("z")
