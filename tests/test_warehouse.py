"""The published warehouse: documented to the column, swapped whole, read by anybody at any time."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import SAMPLE
from pipeline import tables as t
from pipeline.batch import republish
from pipeline.duck import connect_published
from pipeline.errors import StoreError, UsageError
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from pipeline.questions import ask, question, questions
from pipeline.records import Status, Triage
from pipeline.warehouse import KEPT_VERSIONS


def test_every_table_and_column_has_the_comment_that_the_types_promise(sample_template: DataDir) -> None:
    connection = connect_published(sample_template.published(SAMPLE))
    listed = (
        "select table_name, comment from duckdb_tables() "
        "union all select view_name, comment from duckdb_views() where not internal"
    )
    assert dict(connection.execute(listed).fetchall()) == {table.name: table.grain for table in t.PUBLISHED}
    columns = connection.execute(
        "select table_name, column_name, comment from duckdb_columns() where not internal"
    ).fetchall()
    promised = {(table.name, c.name, c.comment) for table in t.PUBLISHED for c in table.columns}
    assert set(columns) == promised
    connection.close()


def test_the_types_in_the_warehouse_are_those_promised(sample_template: DataDir) -> None:
    connection = connect_published(sample_template.published(SAMPLE))
    for table in t.PUBLISHED:
        arrow = connection.sql(f"select * from {table.name} limit 0").to_arrow_table().schema
        assert arrow.names == table.schema.names
        for column in table.columns:
            if column.name != "vector":
                assert arrow.field(column.name).type == column.type, f"{table.name}.{column.name}"
    connection.close()


def test_every_post_with_words_belongs_to_exactly_one_claim(sample_template: DataDir) -> None:
    rows = ask(
        sample_template,
        SAMPLE,
        """
        select count(*) as posts, count(distinct post_id) as distinct_posts,
            (select count(*) from posts as p inner join normalized_posts as n using (post_id)
             inner join normalized_posts as r on r.post_id = p.root_id where r.match_text <> '') as expected
        from claim_posts
        """,
        {},
    )
    assert rows[0]["posts"] == rows[0]["distinct_posts"] == rows[0]["expected"] > 2000


def test_every_claim_is_ranked_and_its_counts_add_up(sample_template: DataDir) -> None:
    unranked = "select count(*) as n from claims as c anti join ranked_claims as r using (claim_id)"
    assert ask(sample_template, SAMPLE, unranked, {})[0]["n"] == 0
    wrong = """
        select c.claim_id from claims as c
        inner join (select claim_id, count(*) as n from claim_posts group by claim_id) as m using (claim_id)
        where m.n <> c.post_count
    """
    assert ask(sample_template, SAMPLE, wrong, {}) == []


def test_decisions_are_republished_and_old_readers_keep_what_they_opened(sample: DataDir) -> None:
    republish(sample, SAMPLE)
    reader = connect_published(sample.published(SAMPLE))
    claim = str(ask(sample, SAMPLE, "select claim_id from claims limit 1", {})[0]["claim_id"])
    Ledger(sample.ledger).decide(Triage(SAMPLE, claim, status=Status.WATCHING), actor="mei")
    republish(sample, SAMPLE)
    assert ask(sample, SAMPLE, "select status, updated_by from triage", {}) == [
        {"status": "watching", "updated_by": "mei"}
    ]
    assert reader.cursor().execute("select count(*) from triage").fetchone() == (0,)
    assert reader.cursor().execute("select count(*) from posts").fetchone()[0] > 2000
    reader.close()


def test_only_the_last_versions_stay(sample: DataDir) -> None:
    for _ in range(KEPT_VERSIONS + 2):
        newest = republish(sample, SAMPLE)
    kept = sorted(path.name for path in sample.warehouse.glob("*.duckdb") if not path.is_symlink())
    assert len(kept) == KEPT_VERSIONS
    assert sample.published(SAMPLE).resolve() == newest


def test_publishers_at_once_take_turns(sample: DataDir) -> None:
    republish(sample, SAMPLE)
    first = int(sample.published(SAMPLE).resolve().stem.rsplit("-", 1)[1])
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: republish(sample, SAMPLE).name, range(6)))
    assert sorted(made) == sorted(f"{SAMPLE}-{number}.duckdb" for number in range(first + 1, first + 7))
    assert ask(sample, SAMPLE, "select count(*) as n from claims", {})[0]["n"] > 100
    assert not list(sample.warehouse.glob(".*.tmp*"))


def test_nothing_published_is_said_with_the_command_that_helps(data: DataDir) -> None:
    with pytest.raises(StoreError, match="chengqing run fire"):
        connect_published(data.published("fire"))
    with pytest.raises(StoreError, match="chengqing run fire"):
        republish(data, "fire")


def test_another_duckdb_process_can_read_it(sample_template: DataDir) -> None:
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); "
        "print(c.execute('select count(*) from ranked_claims').fetchone()[0])"
    )
    path = str(sample_template.published(SAMPLE).resolve())
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 100


@pytest.mark.parametrize("name", [q.name for q in questions()])
def test_every_saved_question_runs_and_says_what_it_is(sample_template: DataDir, name: str) -> None:
    saved = question(name)
    assert saved.summary.endswith(".")
    values = dict(saved.defaults)
    if name == "claim_posts":
        values["claim"] = ask(
            sample_template, SAMPLE, "select claim_id from ranked_claims where rank = 1", {}
        )[0]["claim_id"]
    rows = ask(sample_template, SAMPLE, saved.text, values)
    about_decisions = {"ruled_pairs", "sign_off_trail", "time_to_answer"}  # nobody has decided anything here
    assert rows or name in about_decisions, name


@pytest.mark.parametrize(
    "query",
    [
        "copy posts to '/tmp/out.csv'",
        "select 1; drop view posts",
        "attach '/tmp/other.duckdb'",
        "set threads = 1",
        "create table x as select 1",
        "explain analyze copy posts to '/tmp/out.csv'",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/hostname')",
        "selec 1",
    ],
)
def test_analysts_questions_cannot_write_or_leave_the_data_folder(
    sample_template: DataDir, query: str
) -> None:
    with pytest.raises(UsageError):
        ask(sample_template, SAMPLE, query, {})
