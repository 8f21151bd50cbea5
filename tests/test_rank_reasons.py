"""The ranking explained: sentences in three languages, weights from triage that must earn their place."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from dashboard.widgets.reasons import COMPONENTS, in_words
from dashboard.words import LANGUAGES as DESK_LANGUAGES
from dashboard.words import Words
from models.errors import ModelError
from pipeline.cli.rank import rank as rank_command
from pipeline.duck import run_statement
from pipeline.errors import UsageError
from pipeline.paths import CHECKOUT, DataDir
from pipeline.rank import SIGNALS, RankConfig
from pipeline.rank import reasons as reasons_module
from pipeline.rank.learned import features, learn, load_rank_config, rank_file, save_weights, tune
from pipeline.rank.reacting import (
    Replied,
    heard,
    learn_reactions,
    load_model,
    model_revision,
    reactions_file,
    spoken,
)
from pipeline.rank.reasons import LANGUAGES, explain, reasons, sentence
from pipeline.tables import CLAIM_POSTS, RANKED_CLAIMS

ROW: dict[str, Any] = {
    "recent_enquirers": 12,
    "enquirers": 20,
    "jump": 2.0,
    "origin": "weibo",
    "jumped_to": ["forum"],
    "recent_voices": 30,
    "previous_voices": 4,
    "voices": 40,
    "copy_share": 0.75,
    "harms": ["life", "action"],
    "correctors": 0,
    "recent_posts": 31,
    "previous_posts": 4,
}


def test_reasons_are_sentences() -> None:
    assert explain("en", ROW, most=9) == (
        "12 people asked whether it is true in the last hour; it jumped from weibo to 2 other places (forum); "
        "it grows: 30 people now, 4 in the hours before; 75% of those who tell it paste the same words; "
        "its words touch life and health; nobody has answered it."
    )
    assert explain("zh-Hans", ROW, most=1) == "最近一小时有 12 人问是不是真的。"
    assert explain("zh-Hant", ROW, most=9).endswith("還沒有人回應。")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"recent_enquirers": 0}, "asked"),
        ({"recent_voices": 40, "voices": 40}, "new"),
        ({"recent_voices": 2, "previous_voices": 9}, "fades"),
        ({"voices": 1, "recent_posts": 20}, "one_voice"),
        ({"correctors": 3}, "answered"),
        ({"harm_assessed": True, "harm": 0.5}, "harm_assessed"),
    ],
)
def test_each_reason_holds_when_it_should(change: dict[str, Any], key: str) -> None:
    assert key not in [said[0] for said in reasons(ROW)]
    assert key in [said[0] for said in reasons(ROW | change)]


def test_what_is_unknown_says_nothing() -> None:
    assert reasons({}) == []
    assert reasons(dict.fromkeys(ROW)) == []
    assert explain("en", {}) == ""


def test_one_person_is_one_person() -> None:
    assert sentence("en", ("answered", {"n": 1})) == "1 person has corrected it"


def test_every_language_has_every_sentence_with_the_same_values() -> None:
    words = tomllib.loads(Path(reasons_module.__file__).with_name("words.toml").read_text(encoding="utf-8"))
    assert set(words) == set(LANGUAGES) == set(DESK_LANGUAGES)
    english = words["en"]
    for language in LANGUAGES:
        assert {k: set(v) - {"one"} for k, v in words[language].items()} == {
            k: set(v) - {"one"} for k, v in english.items()
        }
        for said in reasons(ROW):
            assert "{" not in sentence(language, said)
    harms = tomllib.loads((CHECKOUT / "data" / "lexicon" / "harm.toml").read_text(encoding="utf-8"))
    assert set(harms) - {"action"} == set(english["harm"]) - {"other"}


def test_the_desk_says_them_with_its_own_names_for_platforms() -> None:
    said = in_words(Words("zh-Hant"), ROW, most=9)
    assert any("微博" in one for one in said)
    assert len(said) == 6


def test_every_signal_has_value_points_source_and_words() -> None:
    columns = {column.name for column in RANKED_CLAIMS.columns}
    assert set(COMPONENTS) == {signal.name for signal in SIGNALS}
    for signal in SIGNALS:
        assert {signal.column, f"{signal.name}_points"} <= columns
        assert len(signal.source) > 10
        assert (CHECKOUT / "pipeline" / "sql" / "signals" / f"{signal.family}.sql").exists() or (
            signal.family in ("content", "reactions")
        )
        for language in DESK_LANGUAGES:
            assert Words(language).of("reason", signal.name) != signal.name


# -- weights learned from triage ---------------------------------------------------------------------------------------


def judgments(seed: int, *, tells: bool, count: int = 60) -> Any:
    """An incident whose staff took up what is asked about (and nothing else tells), or anything at all."""
    draw = np.random.default_rng(seed)
    x = draw.random((count, len(SIGNALS)))
    asked = [signal.name for signal in SIGNALS].index("enquiry")
    y = (x[:, asked] if tells else draw.random(count)) > 0.5
    return x, y, x.sum(axis=1)


def test_weights_are_kept_when_left_out_incidents_are_ranked_better(tmp_path: Path) -> None:
    result = tune({name: judgments(n, tells=True) for n, name in enumerate("abc")})
    assert result.accepted
    assert max(result.weights, key=lambda name: result.weights[name]) == "enquiry"
    data = DataDir(tmp_path)
    save_weights(data, result)
    config = load_rank_config(data)
    assert config.linear
    assert config.weights == result.weights


def test_weights_that_do_not_help_are_refused() -> None:
    result = tune({name: judgments(n, tells=False) for n, name in enumerate("abc")})
    assert not result.accepted
    assert "refused" in result.reason
    assert result.weights == {}


def test_too_few_judgments_are_refused_with_what_is_needed() -> None:
    with pytest.raises(UsageError, match="tuning needs 2 and 20"):
        tune({"a": judgments(1, tells=True)})


def test_a_broken_file_of_weights_is_named(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    assert load_rank_config(data) == RankConfig()
    rank_file(data).write_text(json.dumps({"weights": {"enquiry": "much"}}), encoding="utf-8")
    with pytest.raises(UsageError, match="chengqing rank tune"):
        load_rank_config(data)


def test_features_are_the_percentiles_that_sql_takes() -> None:
    rows = [{"volume": v, "freshness": 0.5, "newness": 0.5, "harm": v / 4} for v in (0.0, 1.0, 2.0, 2.0)]
    names = [signal.name for signal in SIGNALS]
    x = features(rows)
    assert x[:, names.index("volume")].tolist() == [0, 0.5, 1, 1]
    assert x[:, names.index("harm")].tolist() == [0, 0.25, 0.5, 0.5]
    assert features([]).shape == (0, len(SIGNALS))


def test_learning_twice_gives_the_same_weights() -> None:
    x, y, _ = judgments(1, tells=True)
    assert np.array_equal(learn(x, y), learn(x, y))


def replied(seed: int, *, tells: bool) -> Replied:
    """An incident whose staff took up claims that people answered with alarm, or any."""
    draw = np.random.default_rng(seed)
    claims = [f"c{n:02}" for n in range(30)]
    y = draw.random(len(claims)) > 0.5
    alarmed = y if tells else draw.random(len(claims)) > 0.5
    words = (["哈哈 真好", "喜欢 支持"], ["太可怕了 怎么办", "是真的吗 大家小心"])
    said = [{"claim_id": claim, "match_text": draw.choice(words[int(alarm)])}
            for claim, alarm in zip(claims, alarmed, strict=True) for _ in range(4)]  # fmt: skip
    return Replied(spoken(said, [*claims, "silent"]), np.arange(len(claims)), y)


def test_reactions_are_learned_from_other_incidents_and_silence_is_unknown(tmp_path: Path) -> None:
    incidents = {name: replied(n, tells=True) for n, name in enumerate("ab")}
    model, chances = learn_reactions(incidents)
    assert model
    for name, one in incidents.items():
        assert chances[name][:30][one.y].min() > 0.5 > chances[name][:30][~one.y].max()
        assert chances[name][30] == 0
    data = DataDir(tmp_path)
    assert (load_model(data), model_revision(data)) == (None, "")
    model.save(reactions_file(data))
    said = [
        {"claim_id": "x", "match_text": "是真的吗 太可怕了"},
        {"claim_id": "y", "match_text": "哈哈 喜欢"},
    ]
    kept = load_model(data)
    assert kept
    table = heard(kept, said)
    assert table.column("claim_id").to_pylist() == ["x", "y"]
    assert table.column("reactions").to_pylist()[0] > 0.5 > table.column("reactions").to_pylist()[1]


def test_one_incident_teaches_no_reactions_and_a_broken_model_is_named(tmp_path: Path) -> None:
    assert learn_reactions({"a": replied(1, tells=True)}) == (None, {})
    reactions_file(DataDir(tmp_path)).write_bytes(b"not a model")
    with pytest.raises(ModelError, match="chengqing rank tune"):
        load_model(DataDir(tmp_path))


def test_replies_that_correct_are_no_reactions() -> None:
    rows = [{"claim_id": "a", "post_id": f"p{n}", "role": role, "joined_by": "reply", "asks": False}
            for n, role in enumerate(("carries", "replies", "corrects", "replies"))]  # fmt: skip
    said = pa.table({"post_id": [f"p{n}" for n in range(4)], "match_text": ["说法", "真的吗", "假的", ""]})
    found = run_statement(
        "stages/reactions", {"claim_posts": CLAIM_POSTS.from_rows(rows), "normalized_posts": said}
    )
    assert found.to_pylist() == [{"claim_id": "a", "match_text": "真的吗"}]


def test_rank_tells_why_and_tune_refuses_without_judgments(
    sample_template: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(sample_template.root))
    shown = CliRunner().invoke(
        rank_command, ["sf-harbor-lane-fire", "-n", "3", "--why"], catch_exceptions=False
    )
    assert shown.exit_code == 0
    assert shown.output.count(" = ") == 3
    assert "asked whether it is true" in shown.output or "it grows" in shown.output
    refused = CliRunner().invoke(rank_command, ["tune"])
    assert isinstance(refused.exception, UsageError)
