"""Analysts: saved questions give what they promise and agree with the desk; the dictionary page is current."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from conftest import SAMPLE
from dashboard import queries
from pipeline import tables as t
from pipeline.batch import republish
from pipeline.dictionary import PAGE, page
from pipeline.duck import connect_published
from pipeline.errors import StoreError, UsageError
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from pipeline.questions import ask, question, questions
from pipeline.records import Status, Triage


def _answer(data: DataDir, name: str, **values: object) -> list[dict[str, Any]]:
    saved = question(name)
    return ask(data, SAMPLE, saved.text, {**saved.defaults, **values})


def test_there_are_at_least_twelve_each_with_a_sentence(sample_template: DataDir) -> None:
    saved = questions()
    assert len(saved) >= 12
    assert all(one.summary.endswith((".", "page.")) and len(one.summary) > 20 for one in saved)
    for one in saved:
        ask(sample_template, SAMPLE, one.text, one.defaults)  # every one runs on its defaults


def test_the_list_of_the_desk_and_of_the_analysts_is_one(sample_template: DataDir, tmp_path: Path) -> None:
    asked = _answer(sample_template, "top_claims", most=25)
    published = queries.published_file(sample_template, SAMPLE)
    assert published
    # a copy, for the desk keeps its connection open and analysts' settings would hold in one process for both
    file = str(shutil.copy(published, tmp_path / "desk.duckdb"))
    shown = queries.cards(file, queries.chosen(file)[:25])
    assert [row["claim_id"] for row in asked] == [card.claim_id for card in shown]
    assert [row["posts"] for row in asked] == [card.post_count for card in shown]
    overview = queries.overview(file)
    assert sum(row["posts"] for row in _answer(sample_template, "posts_per_hour")) <= overview.posts
    assert len(_answer(sample_template, "top_claims", most=1_000_000)) == overview.claims


def test_each_claim_that_anybody_tells_is_first_somewhere_exactly_once(sample_template: DataDir) -> None:
    told = "select count(distinct claim_id) as n from claim_posts where role in ('carries', 'repeats')"
    first = sum(row["first_on"] for row in _answer(sample_template, "first_platforms"))
    assert first == ask(sample_template, SAMPLE, told, {})[0]["n"] > 0


def test_claims_that_crossed_scripts_did(sample_template: DataDir) -> None:
    rows = _answer(sample_template, "crossed_scripts", most=1_000)
    assert rows and all(len(set(row["scripts_in_order"])) > 1 for row in rows)
    top = rows[0]
    scripts = """
        select n.script from claim_posts as cp inner join posts as p using (post_id)
        inner join normalized_posts as n using (post_id)
        where cp.claim_id = $claim and cp.role in ('carries', 'repeats') order by p.posted_at limit 1
    """
    assert (
        ask(sample_template, SAMPLE, scripts, {"claim": top["claim_id"]})[0]["script"]
        == top["scripts_in_order"][0]
    )


def test_minutes_to_a_decision_are_counted_from_the_first_post(sample: DataDir) -> None:
    republish(sample, SAMPLE)
    claim = ask(sample, SAMPLE, "select claim_id, first_at from claims order by claim_id limit 1", {})[0]
    at = claim["first_at"].replace(second=0, microsecond=0)
    moment = at + timedelta(minutes=90)
    decided = Triage(SAMPLE, claim["claim_id"], status=Status.WATCHING)
    Ledger(sample.ledger).decide(decided, actor="mei", now=moment)
    republish(sample, SAMPLE)
    row = _answer(sample, "time_to_answer")[0]
    assert (row["claim_id"], row["minutes_to_decision"], row["released_at"]) == (claim["claim_id"], 90, None)


def test_a_warehouse_of_an_earlier_version_says_how_to_mend_it(sample: DataDir) -> None:
    republish(sample, SAMPLE)
    with duckdb.connect(str(sample.published(SAMPLE).resolve())) as connection:
        connection.execute("drop table review_words")
    text = question("top_claims").text
    with pytest.raises(
        StoreError, match=f"without review_words; publish it again: chengqing publish {SAMPLE}"
    ):
        ask(sample, SAMPLE, text, {"most": 5})
    republish(sample, SAMPLE)
    assert len(ask(sample, SAMPLE, text, {"most": 5})) == 5


def test_the_dictionary_page_is_current_and_names_every_column() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m pipeline.dictionary"
    for table in t.PUBLISHED:
        assert f"### {table.name}\n" in page()
        for column in table.columns:
            assert f"| `{column.name}` |" in page()


@pytest.mark.parametrize("personal", ["text", "author_key", "exemplar_text"])
def test_personal_columns_are_marked_on_the_page(personal: str) -> None:
    line = next(line for line in page().splitlines() if line.startswith(f"| `{personal}` |"))
    assert line.endswith("*Personal.* |")


def test_a_question_locks_nothing_for_others_of_its_process(sample_template: DataDir) -> None:
    path = sample_template.published(SAMPLE)
    desk = connect_published(path)
    try:
        for _ in range(2):
            assert ask(sample_template, SAMPLE, "select count(*) as n from posts", {})[0]["n"] > 0
        beside = connect_published(path)  # it sets the time zone, which a locked configuration refuses
        beside.close()
        with pytest.raises(UsageError, match="failed"):
            ask(sample_template, SAMPLE, "select * from read_csv('/etc/passwd')", {})
        assert desk.execute("select count(*) from read_csv('/etc/passwd', sep = '|')").fetchone()
    finally:
        desk.close()
