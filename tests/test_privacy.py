"""What leaves the desk: personal data hidden, small groups left out and counted, every look recorded."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from conftest import SAMPLE, sample_posts, store_posts
from pipeline import tables as t
from pipeline.batch import run_incident
from pipeline.cli import cli
from pipeline.errors import CoalitionError, UsageError
from pipeline.incident import find_incident
from pipeline.ledger import Ledger
from pipeline.mask import personal
from pipeline.paths import CHECKOUT, DataDir
from pipeline.privacy import AUTHOR_COUNTS, Mask, leaving, privacy_file, smallest_group
from pipeline.questions import ask
from pipeline.records import Status, Triage
from pipeline.snapshot import OF_CLAIMS, Made, make_snapshot, shared_columns

K = 5
PHONE = "415-555-0134"
SPOKEN = f"有消息請打 {PHONE} 找我"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """The sample incident, where one more post tells a phone number that many repeat; a note tells one too."""
    data = DataDir(tmp_path_factory.mktemp("privacy") / "data")
    text = (CHECKOUT / "data" / "samples" / SAMPLE / f"{SAMPLE}.toml").read_text(encoding="utf-8")
    data.incidents.mkdir(parents=True)
    data.incident_file(SAMPLE).write_text(text, encoding="utf-8")
    samples = CHECKOUT / "data" / "samples"
    data.coalition.write_text((samples / "coalition.toml").read_text(encoding="utf-8"), encoding="utf-8")
    posts = sample_posts()
    alone = replace(posts[0], title=None, parent_id=None, thread_id=None, repost_of=None, quoted_id=None)
    said = [
        replace(
            alone,
            post_id=f"{posts[0].platform}:4415550134{n:03d}",
            author_key=f"k{n}",
            text=SPOKEN + "！" * (n % 3),
        )
        for n in range(9)
    ]
    store_posts(data, SAMPLE, [*posts, *said])
    run_incident(data, find_incident(data, SAMPLE))
    claim = ask(data, SAMPLE, "select claim_id from ranked_claims order by rank limit 1", {})[0]["claim_id"]
    note = Triage(SAMPLE, claim, status=Status.WATCHING, note=f"call the writer: {PHONE}")
    Ledger(data.ledger).decide(note, actor="mei")
    CliRunner().invoke(
        cli, ["publish", SAMPLE], env={"CHENGQING_DATA": str(data.root)}, catch_exceptions=False
    )
    return data


@pytest.fixture
def command(desk: DataDir, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("CHENGQING_DATA", str(desk.root))
    return lambda *words: CliRunner().invoke(cli, list(words))


QUERY = (
    "select post_id, text, 1 as n, [text] as list from posts where text like '有消息請打%' order by post_id"
)


@pytest.mark.parametrize("form", ["table", "csv", "json"])
def test_a_query_hides_personal_data_and_says_how_much(command: Any, form: str) -> None:
    result = command("sql", SAMPLE, QUERY, "-f", form)
    assert result.exit_code == 0 and PHONE not in result.stdout and "[phone]" in result.stdout
    assert "18 stretches of personal data are hidden" in result.stderr
    told = result.stdout.replace("\n", "")
    assert form == "table" or all(f":4415550134{n:03d}" in told for n in range(9)), "an id is a key, no card"


def test_a_look_needs_a_reason_and_a_name_and_is_recorded_first(command: Any, desk: DataDir) -> None:
    for half in (
        ["--reveal", "because"],
        ["--reveal", " ", "--by", "mei"],
        ["--reveal", "because", "--by", ""],
    ):
        refused = command("sql", SAMPLE, QUERY, *half)
        assert isinstance(refused.exception, UsageError) and "say why and who" in str(refused.exception)
    before = len(Ledger(desk.ledger).events(SAMPLE))
    result = command("sql", SAMPLE, QUERY, "-f", "json", "--reveal", "police asked", "--by", "mei")
    assert PHONE in result.stdout and "hidden" not in result.stderr
    event = Ledger(desk.ledger).events(SAMPLE)[0]
    assert len(Ledger(desk.ledger).events(SAMPLE)) == before + 1
    assert (event.kind, event.actor, event.payload["reason"], event.payload["query"]) == (
        "reveal",
        "mei",
        "police asked",
        QUERY,
    )
    Ledger(desk.ledger).verify()


def test_the_ranked_list_hides_it_too(command: Any, desk: DataDir) -> None:
    asked = [("rank", SAMPLE, "-n", "1000", *form) for form in ((), ("--json",), ("--csv",), ("--why",))]
    for words in asked:
        result = command(*words)
        assert result.exit_code == 0, result.output
        assert PHONE not in result.stdout
        assert len(words) == 4 or "有消息請打 [phone]" in result.stdout, "a narrow table cuts texts off"
    rows = json.loads(command(*asked[1]).stdout)
    raw = ask(desk, SAMPLE, "select claim_id, voices, enquirers from ranked_claims", {})
    few = {row["claim_id"] for row in raw if 0 < row["voices"] < K}
    assert few and all((row["voices"] is None) == (row["claim_id"] in few) for row in rows)
    assert PHONE in command(*asked[1], "--reveal", "why", "--by", "mei").stdout


def test_files_leave_out_counts_of_few_authors_and_say_so(command: Any, desk: DataDir) -> None:
    query = "select claim_id, author_count, post_count from claims order by claim_id"
    raw = {row["claim_id"]: row for row in ask(desk, SAMPLE, query, {})}
    result = command("sql", SAMPLE, query, "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    few = [row for row in rows if raw[row["claim_id"]]["author_count"] in range(1, K)]
    assert few and all(row["author_count"] == "" and row["post_count"] for row in few)
    assert all(row["author_count"] for row in rows if raw[row["claim_id"]]["author_count"] >= K)
    assert f"{len(few):,} counts of fewer than {K} authors are left out" in result.stderr
    assert "left out" not in command("sql", SAMPLE, query).stderr, "a table on the screen is not a file"


@pytest.mark.parametrize(
    "text", ["smallest_group = 1", "smallest_group = true", "group = 5", "smallest_group ="]
)
def test_a_wrong_k_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    data = DataDir(tmp_path)
    assert smallest_group(data) == K
    privacy_file(data).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"privacy\.toml"):
        smallest_group(data)


@given(st.lists(st.integers(0, 12)), st.integers(2, 9))
def test_no_count_below_k_leaves_and_none_is_told_as_zero(counts: list[int], k: int) -> None:
    rows = [{"authors": count, "posts": count} for count in counts]
    told = leaving(rows, (), k)
    assert [row["authors"] for row in told.rows] == [None if 0 < count < k else count for count in counts]
    assert [row["posts"] for row in told.rows] == counts
    assert told.suppressed == sum(0 < count < k for count in counts)


def test_every_column_that_counts_authors_is_known() -> None:
    names = {
        c.name
        for table in t.PUBLISHED
        for c in table.columns
        if "voices" in c.comment or "author" in c.comment
    }
    counted = {
        n for n in names if n.endswith(("voices", "_count", "enquirers", "correctors")) or n == "volume"
    }
    assert counted and counted <= AUTHOR_COUNTS | {"post_count", "platform_count"}


def test_a_mask_goes_into_lists_and_maps_and_keeps_what_is_no_text() -> None:
    mask = Mask({"weibo"})
    assert mask({"a": [SPOKEN, 3, None], "b": ("weibo:4415550134000",)}) == {
        "a": ["有消息請打 [phone] 找我", 3, None],
        "b": ["weibo:4415550134000"],
    }
    assert mask("tel:4155550134") == "tel:[phone]" and mask.found == 2


@pytest.fixture(scope="module")
def made(desk: DataDir) -> Made:
    return make_snapshot(desk, SAMPLE, "partner-b", desk.root / "exports" / "b.duckdb", k=K, actor="mei")


@pytest.fixture
def snapshot(made: Made) -> Any:
    connection = duckdb.connect(str(made.path), read_only=True, config={"memory_limit": "4GB"})
    connection.execute("set timezone = 'UTC'")
    yield connection
    connection.close()


def test_a_snapshot_has_no_personal_column_and_no_table_of_posts(snapshot: Any) -> None:
    held = snapshot.execute(
        "select table_name, column_name, comment from duckdb_columns() where not internal"
    ).fetchall()
    declared = {table.name: {c.name for c in table.columns if c.personal} for table in t.PUBLISHED}
    assert {table for table, _, _ in held} & {
        "posts",
        "observations",
        "claim_posts",
        "texts",
        "vectors",
    } == set()
    assert held and not [(table, column) for table, column, _ in held if column in declared.get(table, ())]
    assert all(comment for _, _, comment in held), "every column says what it is"
    assert snapshot.execute("select count(*) from duckdb_tables() where comment is null").fetchone() == (0,)


def test_no_value_of_a_snapshot_leads_to_a_post_or_tells_personal_data(snapshot: Any, desk: DataDir) -> None:
    ids = {row["post_id"] for row in ask(desk, SAMPLE, "select post_id from posts", {})}
    authors = {row["a"] for row in ask(desk, SAMPLE, "select distinct author_key as a from posts", {})}
    texts = {row["text"] for row in ask(desk, SAMPLE, "select text from posts where length(text) > 12", {})}
    tables = [row[0] for row in snapshot.execute("select table_name from duckdb_tables()").fetchall()]
    values = [
        value
        for table in tables
        for row in snapshot.execute(f"from {table}").fetchall()
        for cell in row
        for value in (cell if isinstance(cell, list) else [cell])
        if isinstance(value, str)
    ]
    assert len(values) > 500
    assert not [v for v in values if v in ids or v in authors or v in texts]
    assert not [v for v in values if PHONE in v or (personal(v) and len(v) > 40)]
    note = snapshot.execute("select note from triage").fetchone()
    assert note == ("call the writer: [phone]",)


def test_every_row_of_a_snapshot_counts_enough_authors(snapshot: Any, made: Made, desk: DataDir) -> None:
    """Recounted from the posts, by another road than the snapshot's own."""
    rows = ask(
        desk,
        SAMPLE,
        "select claim_id, platform, author_key, posted_at from claim_posts join posts using (post_id)",
        {},
    )
    authors: dict[str, set[str]] = {}
    for row in rows:
        authors.setdefault(row["claim_id"], set()).add(row["author_key"])
    enough = {claim for claim, who in authors.items() if len(who - {None}) >= K}
    for table in OF_CLAIMS:
        names = [
            c.name for c in shared_columns(table) if c.name in ("claim_id", "left_claim_id", "right_claim_id")
        ]
        for name in names:
            held = {
                row[0] for row in snapshot.execute(f"select distinct {name} from {table.name}").fetchall()
            }
            assert held <= enough, (table.name, name)
    spread = snapshot.execute(
        "select claim_id, platform, starts_at, span, posts, authors from claim_spread"
    ).fetchall()
    left = list(rows)
    for span in ("hour", "day", "all"):
        for claim, platform, starts_at, _, posts, count in (row for row in spread if row[3] == span):
            own = [
                r
                for r in left
                if (r["claim_id"], r["platform"]) == (claim, platform)
                and r["author_key"]
                and (span == "all" or _floor(r["posted_at"], span) == starts_at)
            ]
            assert (len(own), len({r["author_key"] for r in own})) == (posts, count) and count >= K
            taken = {id(r) for r in own}
            left = [r for r in left if id(r) not in taken]
    held = ask(desk, SAMPLE, "select count(*) as n from posts", {})[0]["n"]
    assert made.told["posts_left_out"] == len(left) + held - len(rows), "those in no claim are in none either"
    assert {row[3] for row in spread} >= {"hour", "day"}
    assert made.told["claims_left_out"] == len(authors) - len(enough) > 0
    counts = snapshot.execute(
        "select voices, recent_voices, enquirers, correctors, volume from ranked_claims"
    ).fetchall()
    assert not [value for row in counts for value in row if value is not None and 0 < value < K]
    assert made.told["counts_left_out"] > 0
    times = snapshot.execute("select first_at, last_at from claims").fetchall()
    assert times and all(x.minute == x.second == x.microsecond == 0 for row in times for x in row)


def _floor(moment: Any, span: str) -> Any:
    return moment.replace(minute=0, second=0, microsecond=0, **({"hour": 0} if span == "day" else {}))


def test_figures_of_a_snapshot_are_those_of_the_desk(snapshot: Any, desk: DataDir) -> None:
    names = "claim_id, post_count, author_count, platforms"
    ours = {
        row["claim_id"]: tuple(row.values()) for row in ask(desk, SAMPLE, f"select {names} from claims", {})
    }
    theirs = snapshot.execute(f"select {names} from claims").fetchall()
    assert theirs and all(row == ours[row[0]] for row in theirs)
    ranks = {
        row["claim_id"]: row["rank"]
        for row in ask(desk, SAMPLE, "select claim_id, rank from ranked_claims", {})
    }
    assert all(
        rank == ranks[claim]
        for claim, rank in snapshot.execute("select claim_id, rank from ranked_claims").fetchall()
    )


def test_the_command_tells_what_it_left_out_and_the_ledger_who_got_it(command: Any, desk: DataDir) -> None:
    out = desk.root / "exports" / "cli.duckdb"
    result: Result = command("export", SAMPLE, "--for", "partner-b", "--by", "mei", "-o", str(out))
    assert result.exit_code == 0, result.output
    assert "left out, for fewer than 5 authors" in result.stdout and out.exists()
    event = Ledger(desk.ledger).events(SAMPLE)[0]
    assert (event.kind, event.actor, event.payload["partner"]) == ("export", "mei", "partner-b")
    again = command("export", SAMPLE, "--for", "partner-b", "--by", "mei", "-o", str(out))
    assert isinstance(again.exception, UsageError) and "exists already" in str(again.exception)
    stranger = command("export", SAMPLE, "--for", "nobody", "--by", "mei")
    assert isinstance(stranger.exception, CoalitionError)
    nameless = command("export", SAMPLE, "--for", "partner-b", "--by", " ")
    assert isinstance(nameless.exception, UsageError)
