"""The contact directory: checked whole, drawn without letting a name become markup, in order of call."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.errors import UsageError
from pipeline.paths import CHECKOUT, DataDir
from pipeline.protocol.directory import Entry, on_call, read_directory
from pipeline.protocol.drawing import drawn, laid_out

SAMPLE = CHECKOUT / "data" / "samples" / "directory.toml"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_map_has_a_node_for_each_entry_and_an_arrow_for_each_call() -> None:
    entries = read_directory(SAMPLE)
    found = ET.fromstring(drawn(entries, "map"))
    people = sum(entry.kind == "person" for entry in entries)
    assert len(list(found.iter(f"{SVG}circle"))) == people
    assert len(list(found.iter(f"{SVG}rect"))) == len(entries) - people + 1, "and the ground"
    assert len(found.findall(f"{SVG}path")) == sum(len(entry.calls) for entry in entries) > 0
    assert [entry.id for entry in on_call(entries)] == ["mei", "bo"]


def test_a_name_is_text() -> None:
    entries = read_directory(SAMPLE)
    hostile = (replace(entries[0], name="<script>x</script>&\u202e"), *entries[1:])
    found = ET.fromstring(drawn(hostile, '"><b>'))
    titles = [node.text for node in found.iter(f"{SVG}title")]
    assert "<script>x</script>&<U+202E>" in titles
    assert any((node.text or "").startswith("<script>x") for node in found.iter(f"{SVG}text"))


def test_same_entries_give_the_same_picture_and_no_name_lies_on_another() -> None:
    many = tuple(
        Entry(f"e{n}", "person", f"Person {n}", calls=(f"e{(n * 7 + 1) % 16}", "gone")) for n in range(16)
    )
    assert laid_out(many) == laid_out(many[::-1])
    places = list(laid_out(many).values())
    near = [
        (a, b)
        for n, a in enumerate(places)
        for b in places[n + 1 :]
        if abs(a[0] - b[0]) < 60 and abs(a[1] - b[1]) < 30
    ]
    assert near == []
    assert all(0 < x < 960 and 0 < y < 620 for x, y in places)
    assert drawn((), "map").count("<g>") == 0


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "directory.toml"
    path.write_text(
        '[[entries]]\nid = "a"\nkind = "robot"\nname = "A"\ncalls = ["b"]\n'
        '[[entries]]\nid = "a"\nkind = "person"\nname = "B"\non_call = 0\nphone = "1"\n',
        encoding="utf-8",
    )
    with pytest.raises(UsageError) as caught:
        read_directory(path)
    for problem in ("a kind: person", "no entry", "used twice", "whole number", "knows no phone"):
        assert problem in str(caught.value)


def test_the_command_draws_it(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    assert isinstance(CliRunner().invoke(cli, ["protocol", "map"]).exception, UsageError)
    data.root.mkdir(parents=True)
    shutil.copy(SAMPLE, data.root / "directory.toml")
    out = data.root / "map.svg"
    assert CliRunner().invoke(cli, ["protocol", "map", "--to", str(out)]).exit_code == 0
    assert ET.parse(out).getroot().tag == f"{SVG}svg"
