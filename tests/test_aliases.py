"""Aliases of an incident: proposed with counts and examples, approved into its file whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.aliases import LEAST_GAIN, approve, propose
from pipeline.cli.incidents import incident
from pipeline.errors import IncidentError, UsageError
from pipeline.incident import load_incident
from pipeline.normalize import match_form
from pipeline.text.disguise import needed
from tests_support import GOOD_INCIDENT


@pytest.fixture
def incident_file(tmp_path: Path) -> Path:
    path = tmp_path / "fire.toml"
    path.write_text(GOOD_INCIDENT, "utf-8")
    return path


def test_doubtful_spellings_are_proposed_with_counts_and_examples() -> None:
    found = propose({"市政服务好": 4, "今天吃饭": 2, "我看傻了": 7, "大家都看傻了": 5, "七官宣布": 3})
    assert "看傻" in [proposal.seen for proposal in found]
    assert all(
        LEAST_GAIN <= proposal.gain < needed(proposal.seen, proposal.read, proposal.reason)
        for proposal in found
    )
    assert [proposal.posts for proposal in found] == sorted(
        (proposal.posts for proposal in found), reverse=True
    )
    assert all(proposal.seen in example for proposal in found for example in proposal.examples)


def test_counts_add_up_over_texts_and_examples_are_few() -> None:
    texts = {f"第{number}个人看傻了": 2 for number in range(10)}
    (proposal,) = [found for found in propose(texts) if found.seen == "看傻"]
    assert (proposal.read, proposal.posts, len(proposal.examples)) == ("砍杀", 20, 3)


def test_what_stands_in_one_wording_is_chance_however_often_it_is_repeated() -> None:
    assert propose({"第1个人看傻了": 500}) == []


def test_what_ends_inside_a_word_is_no_spelling() -> None:
    """发原 sounds like 法院, and 原图 is a word."""
    assert propose({"发原图或暴露隐私": 1, "微信群聊发原图会泄露隐私吗": 1}) == []
    assert [found.read for found in propose({"那些女全怎么不说": 1, "女全又来了": 1})] == ["女权"]


def test_what_is_folded_or_approved_is_not_proposed() -> None:
    assert match_form("枪极案") == "枪击案"
    assert [found.seen for found in propose({"枪极案": 3})] == []
    assert [found.seen for found in propose({"我看傻了": 3, "都看傻了": 3}, known={"看傻": "砍杀"})] == []


def test_an_approved_alias_is_in_the_file_and_nothing_else_changed(incident_file: Path) -> None:
    approved = approve(incident_file, "海岗向", "海港巷")
    assert approved.aliases == {"霉国": "美国", "海岗向": "海港巷"}
    assert load_incident(incident_file) == approved
    kept = [line for line in incident_file.read_text("utf-8").splitlines() if "海岗向" not in line]
    assert kept == GOOD_INCIDENT.splitlines()


def test_a_file_without_aliases_gets_its_table(incident_file: Path) -> None:
    text = GOOD_INCIDENT.replace('[aliases]\n"霉国" = "美国"\n', "")
    assert "aliases" not in text
    incident_file.write_text(text, "utf-8")
    assert approve(incident_file, 'a"b\\c', "海港巷").aliases == {'a"b\\c': "海港巷"}


@pytest.mark.parametrize(("seen", "read"), [("霉国", "他国"), ("", "美国"), ("美", " "), ("a\nid = 1", "b")])
def test_what_cannot_be_an_alias_is_refused_and_the_file_stays(
    incident_file: Path, seen: str, read: str
) -> None:
    with pytest.raises(UsageError):
        approve(incident_file, seen, read)
    assert incident_file.read_text("utf-8") == GOOD_INCIDENT


def test_a_broken_file_is_not_made_worse(incident_file: Path) -> None:
    incident_file.write_text("id = ", "utf-8")
    with pytest.raises(IncidentError):
        approve(incident_file, "海岗向", "海港巷")
    assert incident_file.read_text("utf-8") == "id = "


def test_the_command_approves_and_says_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(tmp_path))
    (tmp_path / "incidents").mkdir()
    (tmp_path / "incidents" / "fire.toml").write_text(GOOD_INCIDENT, "utf-8")
    done = CliRunner().invoke(incident, ["aliases", "fire", "--approve", "海岗向=海港巷"])
    assert done.exit_code == 0, done.output
    assert "chengqing run fire" in done.output
    assert load_incident(tmp_path / "incidents" / "fire.toml").aliases["海岗向"] == "海港巷"
    wrong = CliRunner().invoke(incident, ["aliases", "fire", "--approve", "海岗向"])
    assert isinstance(wrong.exception, UsageError)
