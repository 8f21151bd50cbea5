"""Incident files: right ones are read, wrong ones are refused with line and fix."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import IncidentError, UnknownName, UsageError
from pipeline.incident import find_incident, list_incidents, load_incident, parse_incident, save_incident_text
from pipeline.paths import DataDir
from tests_support import GOOD_INCIDENT


def wrong(text: str, name: str = "fire") -> str:
    with pytest.raises(IncidentError) as caught:
        parse_incident(text, Path(f"{name}.toml"))
    return str(caught.value)


def test_reads_a_whole_incident() -> None:
    incident = parse_incident(GOOD_INCIDENT, Path("fire.toml"))
    assert incident.opened_at == datetime(2026, 3, 13, 5, 40, tzinfo=UTC)
    assert incident.title("zh-Hant") == "火災"
    assert incident.title("zh-Hans") == incident.title("en") == "Fire"
    assert incident.user_words == ("海港巷", "互助金")
    assert incident.aliases == {"霉国": "美国"}
    assert incident.sources[0].params == {"delay": 0.5}


def test_times_of_any_zone_become_utc() -> None:
    text = GOOD_INCIDENT.replace("2026-03-13T05:40:00Z", "2026-03-13T13:40:00+08:00", 1)
    assert parse_incident(text, Path("fire.toml")).opened_at == datetime(2026, 3, 13, 5, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('id = "fire"', 'id = "flood"', 1, "make them equal"),
        ("opened_at = 2026-03-13T05:40:00Z", "opened_at = 2026-03-13T05:40:00", 2, "no time zone"),
        ('watch = "partner-a"', 'watch = " "', 3, "watch is missing"),
        ('places = ["海港巷"]', 'places = "海港巷"', 4, "must be a list"),
        ('words = ["互助金"]', 'wordz = ["互助金"]', 5, "unknown key 'wordz'"),
        ('en = "Fire"', 'english = "Fire"', 6, "title.en is missing"),
        ("end = 2026-03-16T05:40:00Z", "end = 2026-03-12T05:40:00Z", 12, "later time in window.end"),
        ('"霉国" = "美国"', '"霉国" = 3', 13, "must be a table of words"),
        ('yue = ["火燭"]', 'klingon = ["火燭"]', 18, "use one of"),
        ('family = "feed"', "family = 3", 20, "needs name, family and url"),
    ],
)
def test_names_line_and_fix(old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD_INCIDENT
    message = wrong(GOOD_INCIDENT.replace(old, new))
    assert any(part.startswith(f"fire.toml:{line}:") and words in part for part in message.splitlines()), (
        message
    )


def test_tells_every_problem_at_once() -> None:
    message = wrong('id = "flood"\nwatch = 3\n')
    assert len(message.splitlines()) == 4
    assert "opened_at is missing" in message
    assert "title.en is missing" in message


def test_broken_toml_is_an_error_with_its_line() -> None:
    assert "line 2" in wrong('id = "fire"\nwatch = \n')


def test_a_name_used_twice_is_refused() -> None:
    block = GOOD_INCIDENT[GOOD_INCIDENT.index("[[sources]]") :]
    assert "used twice" in wrong(GOOD_INCIDENT + "\n" + block)


@pytest.mark.parametrize("name", ["../fire", "Fire", "", "a" * 65, "fire.toml", "-fire", "火"])
def test_unsafe_names_are_refused(data: DataDir, name: str) -> None:
    with pytest.raises(UsageError, match="lower-case"):
        data.incident_file(name)


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fire.toml"
    path.write_text("#" * 1_100_000)
    with pytest.raises(IncidentError, match="larger than"):
        load_incident(path)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fire.toml"
    path.write_bytes('id = "火"'.encode("gbk"))
    with pytest.raises(IncidentError, match="UTF-8"):
        load_incident(path)


def test_one_broken_file_hides_no_other(data: DataDir) -> None:
    save_incident_text(data.incident_file("fire"), GOOD_INCIDENT)
    (data.incidents / "broken.toml").write_text("id = ")
    problems: list[IncidentError] = []
    assert [found.id for found in list_incidents(data, problems.append)] == ["fire"]
    assert len(problems) == 1


def test_a_wrong_text_leaves_the_old_file(data: DataDir) -> None:
    path = data.incident_file("fire")
    save_incident_text(path, GOOD_INCIDENT)
    with pytest.raises(IncidentError):
        save_incident_text(path, "id = 3")
    assert path.read_text(encoding="utf-8") == GOOD_INCIDENT


def test_an_unknown_incident_names_the_known_ones(data: DataDir) -> None:
    save_incident_text(data.incident_file("fire"), GOOD_INCIDENT)
    with pytest.raises(UnknownName, match="known: fire"):
        find_incident(data, "flood")
