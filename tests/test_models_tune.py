from pathlib import Path
from random import Random

import pytest

from models.errors import ModelError
from models.loading import load_encoder
from models.tune import Judgment, judgments, tune
from models_support import CHARACTERS, small_static_model

TOPICS = ("火灾受伤", "警察明天", "商店消息", "打砸假的", "旧金山街", "他们说是")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_static_model(tmp_path_factory.mktemp("base") / "small", dimensions=32)


def rulings(incidents: int, learnable: bool) -> list[Judgment]:
    """Rulings in which the same characters matter everywhere; or, not learnable, in which chance decides."""
    random = Random(4)
    made = []
    for incident in range(incidents):
        for _ in range(30):
            noise = ["".join(random.sample(CHARACTERS, 6)) for _ in range(2)]
            topic, other = random.sample(TOPICS, 2)
            confirmed = random.random() < 0.5
            seconds = topic if confirmed or not learnable else other
            made.append(Judgment(topic + noise[0], seconds + noise[1], confirmed, f"incident-{incident}"))
    return made


def test_a_model_that_helps_unseen_incidents_is_written(base: Path, tmp_path: Path) -> None:
    report = tune(base, rulings(4, learnable=True), tmp_path / "tuned")
    assert report.accepted, report.reason
    assert all(score.after >= score.before for score in report.scores)
    before, after = load_encoder(str(base)), load_encoder(str(tmp_path / "tuned"))
    assert before.revision != after.revision
    pair = ["火灾受伤旧金", "火灾受伤商店"]
    first, second = before.encode(pair), after.encode(pair)
    assert second[0] @ second[1] > first[0] @ first[1]


def test_learning_from_chance_is_refused_and_writes_nothing(base: Path, tmp_path: Path) -> None:
    report = tune(base, rulings(4, learnable=False), tmp_path / "tuned")
    assert not report.accepted
    assert "refused" in report.reason
    assert not (tmp_path / "tuned").exists()


def test_two_incidents_are_too_few(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="needs 3"):
        tune(base, rulings(2, learnable=True), tmp_path / "tuned")


def test_a_model_is_never_overwritten(base: Path) -> None:
    with pytest.raises(ModelError, match="never overwritten"):
        tune(base, rulings(3, learnable=True), base)


def test_rulings_come_from_columns() -> None:
    columns = {"text_a": ["a"], "text_b": ["b"], "confirmed": [True], "incident": ["i"]}
    assert judgments(columns) == [Judgment("a", "b", True, "i")]
    with pytest.raises(ModelError, match="confirmed"):
        judgments({"text_a": [], "text_b": [], "incident": []})
