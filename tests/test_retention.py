"""Retention: what goes is told first, goes everywhere, stays gone, and is certified; people's record stays."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from conftest import make_incident, store_posts
from pipeline.alerts.book import Alert, AlertBook, Raised, alert_file
from pipeline.batch import republish, run_incident
from pipeline.cli import cli
from pipeline.errors import StoreError, UsageError
from pipeline.identity import Identity
from pipeline.incident import find_incident
from pipeline.ledger import Ledger
from pipeline.ledger.evidence import EvidenceBook
from pipeline.paths import DataDir
from pipeline.questions import ask
from pipeline.raw import finished_crawls, read_observations
from pipeline.records import Post, Status, Triage
from pipeline.retention.certificate import certificates
from pipeline.retention.library import LIBRARY
from pipeline.retention.purge import due, plan_age, plan_incident, plan_subject, purge
from pipeline.retention.subject import Request, authors_of
from pipeline.reviews.library import ReviewLibrary
from pipeline.reviews.reading import ReviewFile
from pipeline.reviews.records import SIDECAR, KnownReview
from pipeline.suppression import Suppression, bare_address, suppression_file

NAME = "night-fire"
SEEN = datetime(2026, 3, 14, tzinfo=UTC)
SECRET = "灯笼街的井水有毒千万别喝"
HANDLE = "someone@example.org"


def _post(number: int, text: str, author: str, **more: object) -> Post:
    post = Post(
        f"mastodon:{number}",
        "test",
        "mastodon",
        text,
        SEEN,
        "c",
        "test",
        f"https://example.org/@x/{number}",
        author,
    )
    return replace(post, published_at=SEEN - timedelta(hours=number % 24), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    """An incident with an author who will ask to be deleted, a repost of hers, and others; run once."""
    data = DataDir(tmp_path_factory.mktemp("held") / "data")
    make_incident(data, NAME)
    hers = Identity.of_desk(data).author("mastodon", HANDLE)
    store_posts(data, NAME, _posts(hers))
    run_incident(data, find_incident(data, NAME))
    return data


@pytest.fixture
def held(template: DataDir, tmp_path: Path) -> DataDir:
    """A private copy; its warehouse still reads the template's Parquet files until it is published anew."""
    shutil.copytree(template.root, tmp_path / "data", symlinks=True)
    return DataDir(tmp_path / "data")


def _posts(hers: str) -> list[Post]:
    others = [_post(n, f"海港巷今晚第{n}场说明会改期了", f"author-{n}") for n in range(10, 18)]
    return [
        _post(1, SECRET, hers),
        _post(2, f"转 {SECRET}", "author-2", repost_of="mastodon:1"),
        _post(3, f"再转 {SECRET}", "author-3", repost_of="mastodon:2"),
        *others,
    ]


def _everything(data: DataDir) -> list[tuple[Path, bytes]]:
    return [(p, p.read_bytes()) for p in data.root.rglob("*") if p.is_file() and not p.is_symlink()]


def _holds(path: Path, needle: str) -> bool:
    """Whether a file holds these words: as bytes, escaped, or packed into columns."""
    body = path.read_bytes()
    if needle.encode() in body or json.dumps(needle)[1:-1].encode() in body:
        return True
    if path.suffix == ".parquet":
        return any(needle in str(column.to_pylist()) for column in pq.read_table(path).columns)
    return path.suffix == ".duckdb" and any(needle in row for row in _cells(path))


def _cells(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as warehouse:
        names = [row[0] for row in warehouse.sql("select table_name from duckdb_tables()").fetchall()]
        return [str(row) for name in names for row in warehouse.sql(f'from "{name}"').fetchall()]


def _holding(data: DataDir, needle: str) -> list[str]:
    files = [path for path in data.root.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(path.relative_to(data.root)) for path in files if _holds(path, needle)]


def _spread(data: DataDir) -> None:
    """Her words wherever the desk may put them: two runs, an import, a sidecar, alerts, mail that waits, feeds."""
    crawl = next(iter(finished_crawls(data, NAME))).folder
    (crawl / SIDECAR).write_text(json.dumps({"post_id": "mastodon:1", "rating": SECRET}) + "\n")
    review = KnownReview("import-1", SECRET, "import", "file", url="https://www.example.org/@x/1/")
    ReviewLibrary(data).add(ReviewFile("reviews.json", "0" * 64, [review]))
    other = make_incident(data, "other-fire")
    alike = _post(40, "灯笼街的井水有毒大家千万别喝了", "author-40")  # for which the review is suggested
    store_posts(data, "other-fire", [alike, *_posts("somebody-else")[3:]])
    for incident in (find_incident(data, NAME), other):
        run_incident(data, incident)
    book = AlertBook(alert_file(data))
    told = {"claim": SECRET, "claim_id": "c", "rank": 1}
    book.raise_all(Raised([Alert("k", NAME, "rank", "top", True, told, SEEN)]), {"k": [("mei", "email")]})
    (waiting,) = book.waiting().values()
    book.make("m-1", "mei", "email", {"text": SECRET}, waiting, SEEN)
    (data.root / "alerts").mkdir(exist_ok=True)
    (data.root / "alerts" / "en.atom").write_text(SECRET, encoding="utf-8")


@pytest.mark.parametrize("kind", ["author", "incident"])
def test_words_that_were_purged_are_nowhere_in_the_data_folder(held: DataDir, kind: str) -> None:
    _spread(held)
    before = _holding(held, SECRET)
    assert {Path(name).parts[0] for name in before} == {
        *("raw", "lake", "warehouse", "ledger", "alerts", "reviews")
    }
    if kind == "incident":
        path = held.incident_file(NAME)
        path.write_text(path.read_text().replace("watch =", "closed_at = 2026-04-01T00:00:00Z\nwatch =", 1))
        wholly = plan_incident(held, NAME)
        purge(held, wholly, code=wholly.code, actor="mei")
        left = _holding(held, SECRET)
        kept = ("reviews/", "lake/other-fire/known_reviews/", "warehouse/other-fire")
        assert left and all(name.startswith(kept) for name in left), "only the review that others published"
    plan = plan_subject(held, [NAME, "other-fire"], _asked(held, kind), "by wish")
    assert plan.counts[LIBRARY] == {"reviews": 1} and plan.counts["other-fire"] == {"reviews": 1}
    purge(held, plan, code=plan.code, actor="mei")
    assert _holding(held, SECRET) == []
    again = KnownReview("import-2", SECRET, "import", "file", url="http://example.org/@x/1")
    assert ReviewLibrary(held).add(ReviewFile("again.json", "1" * 64, [again])) == 0
    assert all(one["genuine"] for one in certificates(held))
    book = AlertBook(alert_file(held))
    assert len(book.waiting()) == 1 and book.messages() == [], (
        "who was not told yet is told without the words"
    )


def _asked(data: DataDir, kind: str) -> Request:
    return _hers(data) if kind == "author" else Request(addresses=frozenset({"https://example.org/@x/1"}))


def _held_ids(data: DataDir) -> set[str]:
    return set(read_observations(finished_crawls(data, NAME)).column("post_id").to_pylist())


def _hers(data: DataDir) -> Request:
    return Request(
        frozenset({Identity.of_desk(data).author("mastodon", HANDLE)}), needles=frozenset({HANDLE})
    )


def test_an_author_is_deleted_from_every_layer_and_stays_deleted_on_the_next_crawl(held: DataDir) -> None:
    run_incident(held, find_incident(held, NAME))  # an older version lies beside the newest
    plan = plan_subject(held, [NAME], _hers(held), "by wish")
    assert plan.counts[NAME] == {"observations": 3, "posts": 3}
    purge(held, plan, code=plan.code, actor="mei")
    assert _held_ids(held) == {f"mastodon:{n}" for n in range(10, 18)}
    for table in ("posts", "observations", "claim_posts", "normalized_posts"):
        rows = ask(
            held, NAME, f"select post_id from {table} where post_id in ('mastodon:1', 'mastodon:3')", {}
        )
        assert rows == [], table
    kept = ask(held, NAME, "select count(*) as n from vectors anti join texts using (text_key)", {})
    assert kept == [{"n": 0}]
    assert all(b"mastodon:1\x00" not in body and SECRET.encode() not in body for _, body in _everything(held))
    assert len(list(held.warehouse.glob("*.duckdb"))) == 2, "the link and the one version without her"

    hers = Identity.of_desk(held).author("mastodon", HANDLE)
    crawled = store_posts(
        held, NAME, [*_posts(hers), _post(4, "新帖", hers), _post(19, "另一条", "author-19")]
    )
    assert crawled.extra["suppressed"] == 4
    assert _held_ids(held) == {f"mastodon:{n}" for n in [*range(10, 18), 19]}


def test_what_was_reviewed_of_a_deleted_author_does_not_come_back_with_its_file(held: DataDir) -> None:
    """The same file of reviews is imported again: hers stay away, those of others at other addresses come."""
    hers = KnownReview("import-1", SECRET, "import", "file", url="https://www.example.org/@x/1/")
    other = KnownReview("import-2", "另一条说法", "import", "file", url="https://example.org/@x/10")
    library = ReviewLibrary(held)
    library.add(ReviewFile("reviews.json", "0" * 64, [hers]))
    plan = plan_subject(held, [NAME], _hers(held), "by wish")
    assert plan.counts[LIBRARY] == {"reviews": 1}
    purge(held, plan, code=plan.code, actor="mei")
    assert library.add(ReviewFile("again.json", "1" * 64, [hers, other])) == 1
    assert {review.review_id for review in library.reviews()} == {"import-2"}
    crawled = store_posts(held, NAME, [_post(10, "别人的帖子", "author-10")], source="later")
    assert crawled.extra["suppressed"] == 0, "her addresses keep reviews away, not the posts of others"


def test_a_publisher_who_is_deleted_stays_out_of_the_library(held: DataDir) -> None:
    theirs = KnownReview(
        "import-7", "一条说法", "import", "file", site="checks.example", url="https://a.example/7"
    )
    library = ReviewLibrary(held)
    library.add(ReviewFile("reviews.json", "2" * 64, [theirs]))
    key = Identity.of_desk(held).author("claimreview", "checks.example")
    plan = plan_subject(held, [NAME], Request(frozenset({key})), "by wish")
    assert plan.counts[LIBRARY] == {"reviews": 1}
    purge(held, plan, code=plan.code, actor="mei")
    assert library.add(ReviewFile("reviews.json", "2" * 64, [theirs])) == 0
    assert "import-7" not in {review.review_id for review in library.reviews()}


def test_the_suppression_list_and_the_certificate_name_nobody(held: DataDir) -> None:
    plan = plan_subject(held, [NAME], _hers(held), "by wish")
    certificate = purge(held, plan, code=plan.code, actor="mei").read_text()
    listed = suppression_file(held).read_text()
    for clear in (HANDLE, "mastodon:1", "example.org/@x", SECRET):
        assert clear not in listed
        assert clear not in certificate
    assert suppression_file(held).stat().st_mode & 0o077 == 0


def test_an_address_is_found_however_it_is_written_and_takes_only_its_post(held: DataDir) -> None:
    request = Request(addresses=frozenset({"http://www.EXAMPLE.org/@x/10/"}))
    plan = plan_subject(held, [NAME], request, "by wish")
    assert plan.counts[NAME] == {"observations": 1, "posts": 1}
    purge(held, plan, code=plan.code, actor="mei")
    assert "mastodon:10" not in _held_ids(held) and "mastodon:11" in _held_ids(held)
    assert authors_of(held, [NAME], "https://example.org/@x/11") == {"author-11"}
    assert bare_address("https://www.Example.org/a/?b=1#c") == "example.org/a?b=1#c"


def test_nothing_goes_without_the_code_of_exactly_this_plan(held: DataDir) -> None:
    plan = plan_subject(held, [NAME], _hers(held), "by wish")
    before = _held_ids(held)
    store_posts(held, NAME, [_post(5, "又一条", next(iter(_hers(held).authors)))], source="later")
    again = plan_subject(held, [NAME], _hers(held), "by wish")
    with pytest.raises(UsageError, match="look at it again"):
        purge(held, again, code=plan.code, actor="mei")
    assert before < _held_ids(held)
    assert Suppression.of_desk(held) is None


def test_a_closed_incident_loses_its_posts_and_keeps_what_people_decided(held: DataDir) -> None:
    claim = str(ask(held, NAME, "select claim_id from claims order by claim_id limit 1", {})[0]["claim_id"])
    Ledger(held.ledger).decide(
        Triage(NAME, claim, status=Status.ANSWERED, note="asked the city"), actor="mei"
    )
    EvidenceBook(held.ledger).add(NAME, claim, author="mei", quote="cited", file=("page.txt", b"as it stood"))
    republish(held, NAME)
    with pytest.raises(UsageError, match="is open"):
        plan_incident(held, NAME)
    assert due(held, [NAME], 90) == []
    path = held.incident_file(NAME)
    path.write_text(path.read_text().replace("watch =", "closed_at = 2026-04-01T00:00:00Z\nwatch =", 1))
    assert due(held, [NAME], 90, now=datetime(2026, 5, 1, tzinfo=UTC)) == []
    assert due(held, [NAME], 90, now=datetime(2026, 8, 1, tzinfo=UTC)) == [NAME]
    book_of_alerts = AlertBook(alert_file(held))
    told = {"claim": SECRET, "claim_id": claim, "rank": 1}
    book_of_alerts.raise_all(Raised([Alert("k", NAME, "rank", "top", True, told, SEEN)]), {})
    plan = plan_incident(held, NAME)
    purge(held, plan, code=plan.code, actor="mei")
    assert [s.alert.told["claim"] for s in book_of_alerts.alerts(NAME)] == ["…"]
    assert due(held, [NAME], 90, now=datetime(2026, 8, 1, tzinfo=UTC)) == []
    left = [path for path, body in _everything(held) if SECRET.encode() in body or b"mastodon:1" in body]
    assert [p.name.removesuffix("-wal") for p in left] in ([], ["ledger.sqlite3"]), (
        "anchors of decisions alone"
    )
    assert Ledger(held.ledger).triage(NAME)[claim].note == "asked the city"
    book = EvidenceBook(held.ledger)
    assert book.body(book.of(NAME, claim)[0]) == b"as it stood"
    report = held.ledger.parent / "reports" / NAME / "figures.en.csv"
    assert "claims,triaged,,Looked at by a person,1," in report.read_text(encoding="utf-8-sig"), (
        "the report outlives"
    )
    with pytest.raises(StoreError, match="nothing is published"):
        ask(held, NAME, "select 1 as one", {})


def test_the_certificate_holds_hashes_and_counts_and_cannot_be_changed_unseen(held: DataDir) -> None:
    plan = plan_subject(held, [NAME], _hers(held), "by wish")
    path = purge(held, plan, code=plan.code, actor="mei")
    told = certificates(held)[0]
    assert told["genuine"] and told["counts"][NAME]["observations"] == 3 and told["posts"]["count"] == 3
    files = {f["file"]: f for f in told["files"][NAME]}
    rewritten = [f for f in files.values() if f["sha256_after"]]
    assert len(rewritten) == told["counts"][NAME]["files_rewritten"] >= 1
    part = next(f for f in rewritten if "/part-" in f["file"])
    shown = subprocess.run(
        ["sha256sum", held.root / part["file"]], capture_output=True, text=True, check=True
    )
    assert shown.stdout.split()[0] == part["sha256_after"] != part["sha256_before"]
    assert Ledger(held.ledger).verify() > 0
    path.write_text(path.read_text().replace('"count": 3', '"count": 2'))
    assert not certificates(held)[0]["genuine"]


def test_age_takes_old_observations_of_an_open_incident(held: DataDir) -> None:
    later = [replace(_post(30, "新的一条", "author-30"), collected_at=SEEN + timedelta(days=40))]
    store_posts(held, NAME, later, source="later")
    plan = plan_age(held, NAME, 30, now=SEEN + timedelta(days=41))
    assert plan.counts[NAME]["observations"] == 11
    purge(held, plan, code=plan.code, actor="mei")
    assert _held_ids(held) == {"mastodon:30"}
    assert ask(held, NAME, "select count(*) as n from posts", {}) == [{"n": 1}]
    manifests = [json.loads(p.read_text()) for p in held.raw(NAME).glob("*/*/manifest.json")]
    assert sorted((m["posts"], m["extra"].get("purged", 0)) for m in manifests) == [(0, 11), (1, 0)]


def test_a_killed_purge_is_finished_by_the_next(held: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    republish(held, NAME)
    plan = plan_subject(held, [NAME], _hers(held), "by wish")
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.retention.purge.rebuild", killed)
        with pytest.raises(KeyboardInterrupt):
            purge(held, plan, code=plan.code, actor="mei")
    assert ask(held, NAME, "select count(*) as n from posts where post_id = 'mastodon:1'", {}) == [{"n": 1}]
    again = plan_subject(held, [NAME], _hers(held), "by wish")
    assert again.counts[NAME] == {"unfinished": 1}
    purge(held, again, code=again.code, actor="mei")
    assert ask(held, NAME, "select count(*) as n from posts where post_id = 'mastodon:1'", {}) == [{"n": 0}]


def test_the_command_line_shows_first_and_deletes_with_the_code(
    held: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(held.root))
    command = ["purge", "author", "--handle", "mastodon", HANDLE]
    dry = json.loads(CliRunner().invoke(cli, [*command, "--json"]).stdout)
    assert dry["counts"][NAME]["posts"] == 3 and "mastodon:1" in _held_ids(held)
    nobody = CliRunner().invoke(cli, [*command, "--confirm", dry["code"]])
    assert isinstance(nobody.exception, UsageError)
    done = CliRunner().invoke(cli, [*command, "--confirm", dry["code"], "--by", "mei"])
    assert done.exit_code == 0 and "mastodon:1" not in _held_ids(held)
