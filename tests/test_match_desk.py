"""Known reviews on the claim page: others' verdicts are shown as theirs, and a person moves the claim to repeats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from desk_world import INCIDENT, claim_name, make_tables, write_incident
from pipeline import tables as t
from pipeline.cli.rank import rank
from pipeline.cli.review import review as review_command
from pipeline.ledger import Ledger
from pipeline.ledger.known import KnownBook
from pipeline.paths import DataDir
from pipeline.questions import ask
from pipeline.records import Status, Triage
from pipeline.reviews import ReviewLibrary
from pipeline.reviews.reading import read_reviews
from pipeline.warehouse import Contents, decided_tables, publish
from test_dashboard_app import button, html_of, text_of, visit

NASTY = "<img src=x onerror=alert(1)>"


def review(number: int, **values: object) -> dict[str, object]:
    made = {
        "review_id": f"import-{number}",
        "article_id": f"import-{number}",
        "claim": f"網傳顧客口罩被截留 {NASTY}",
        "rating": f"與事實不符 {NASTY}",
        "publisher": "查核台",
        "site": "checks.example",
        "url": "https://checks.example/1",
        "reviewed_at": datetime(2026, 3, 1, tzinfo=UTC),
        "reviewed_precision": "day",
        "provenance": "import",
        "origin": "checks.jsonl",
        "trust": "shown",
    }
    return made | values


def likeness(number: int, similarity: float, **values: object) -> dict[str, object]:
    told = {
        "words": 0.5,
        "sounds": 0.61,
        "passages": 0.4,
        "meaning": 0.7,
        "shared_words": ["口罩", "截留"],
    } | values
    return {"claim_id": claim_name(0), "review_id": f"import-{number}", "similarity": similarity, **told}


def published(data: DataDir, reviews: list[dict[str, object]], found: list[dict[str, object]]) -> None:
    vectors = data.lake(INCIDENT) / "vectors.parquet"
    vectors.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(t.VECTORS.schema.empty_table(), vectors)
    tables: dict[str, pa.Table] = make_tables(10)
    tables["known_reviews"] = t.KNOWN_REVIEWS.from_rows(reviews)
    tables["claim_reviews"] = t.CLAIM_REVIEWS.from_rows(found)
    tables |= decided_tables(Ledger(data.ledger), INCIDENT)
    contents = Contents({"vectors": [vectors]}, tables, vector_width=4)
    publish(data.published(INCIDENT), lambda: contents)


@pytest.fixture
def desk(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[DataDir]:
    data = write_incident(tmp_path_factory.mktemp("known"))
    own = review(
        3, provenance="release", publisher="C", ready_text="Ready: nobody took masks.", trust="trusted"
    )
    across = likeness(2, 0.7, words=None, sounds=None, passages=None, shared_words=None)
    published(data, [review(1), review(2), own], [likeness(1, 0.9), across, likeness(3, 0.6)])
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    yield data


def status(data: DataDir) -> Status:
    return Ledger(data.ledger).triage(INCIDENT)[claim_name(0)].status


def test_reviews_are_shown_as_their_publishers_words(desk: DataDir) -> None:
    at = visit("claim", actor="Mei", claim=claim_name(0))
    told = text_of(at)
    assert "Their verdict:" in told and "與事實不符" in told and "not on the coalition's trusted list" in told
    assert "<img" not in html_of(at)
    assert "Alike in words 50%, in sounds 61%, in passages 40%, in meaning 70%. Both say: 口罩、截留." in told
    assert "Between languages; alike in meaning 70%." in told
    assert told.index("our own release") < told.index("checks.jsonl"), "what is trusted stands first"
    assert [code.value for code in at.code if "Ready" in code.value] == ["Ready: nobody took masks."]
    nobody = text_of(visit("claim", actor="Mei", claim=claim_name(1)))
    assert "No published review in the library is like this claim." in nobody


def test_a_confirmed_review_moves_the_claim_to_repeats_and_back(desk: DataDir) -> None:
    Ledger(desk.ledger).decide(Triage(INCIDENT, claim_name(0), status=Status.WATCHING), actor="Lok")
    at = visit("claim", actor="Mei", claim=claim_name(0))
    button(at, "Same claim: known before").click().run()
    assert status(desk) is Status.REPEAT
    [known] = KnownBook(desk.ledger).of(INCIDENT).values()
    assert (known.review_id, known.same, known.actor) == ("import-3", True, "Mei")
    assert known.review["ready_text"] == "Ready: nobody took masks."
    button(at, "Not this claim").click().run()
    assert [one.same for one in KnownBook(desk.ledger).of(INCIDENT).values()] == [True, False]
    assert status(desk) is Status.REPEAT
    assert "Mei said whether a published review is about this claim" in text_of(at)
    at.button(key=f"unknown_{known.event_id}").click().run()
    assert status(desk) is Status.WATCHING, "the lane that it left"
    assert [one.same for one in KnownBook(desk.ledger).of(INCIDENT).values()] == [False]


def test_a_review_that_left_the_library_stays_in_sight_where_it_was_confirmed(desk: DataDir) -> None:
    at = visit("claim", actor="Mei", claim=claim_name(0))
    button(at, "Same claim: known before").click().run()
    published(desk, [], [])
    told = text_of(visit("claim", actor="Mei", claim=claim_name(0)))
    assert "no longer suggested: C (verdict: 與事實不符" in told and "check before using its text" in told
    for language, said in (("zh-Hans", "已确认的查核现不再提示"), ("zh-Hant", "已確認的查核現不再提示")):
        assert said in CliRunner().invoke(rank, [INCIDENT, "--why", "--language", language]).output
    listed = CliRunner().invoke(rank, [INCIDENT], env={"COLUMNS": "200"}).output
    assert listed.count("(review gone)") == 1
    assert text_of(visit("claims", actor="Mei")).count("A confirmed review is no longer suggested") == 1


def test_the_library_lists_what_was_confirmed_and_has_left_it_and_why(desk: DataDir, tmp_path: Path) -> None:
    library, book = ReviewLibrary(desk), KnownBook(desk.ledger)
    sites = ("a.example", "b.example", "c.example")
    rows = [{"claim": f"海港巷停水{n}", "url": f"https://{site}/1"} for n, site in enumerate(sites)]
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    library.add(read_reviews(file))
    for one in library.reviews():
        seen = {"review_id": one.review_id, "site": one.site, "claim": one.claim}
        book.rule(INCIDENT, claim_name(0), seen, same=one.site != "c.example", actor="Mei")
    book.rule(INCIDENT, claim_name(1), {"review_id": "crawl-gone"}, same=True, actor="Mei")
    first = next(one.review_id for one in library.reviews() if one.site == "a.example")
    library.remove(first, by="Lok", because="taken back")
    (desk.root / "reviews.toml").write_text(
        '[[publisher]]\nsite = "b.example"\nstanding = "hidden"\n', "utf-8"
    )
    told = json.loads(CliRunner().invoke(review_command, ["list", "--json"]).output)
    left = {row["left"]: row["confirmed_for"] for row in told if "left" in row}
    assert left == {
        "removed by Lok: taken back": [f"{INCIDENT}/{claim_name(0)}"],
        "b.example is hidden in reviews.toml": [f"{INCIDENT}/{claim_name(0)}"],
        "its source has it no more": [f"{INCIDENT}/{claim_name(1)}"],
    }
    shown = CliRunner().invoke(review_command, ["list"], env={"COLUMNS": "250"}).output
    assert "3 confirmed reviews that left the library" in shown and "taken back" in shown


def test_a_verdict_that_changed_is_marked_wherever_the_claim_is_listed(desk: DataDir) -> None:
    button(visit("claim", actor="Mei", claim=claim_name(0)), "Same claim: known before").click().run()
    own = {"provenance": "release", "publisher": "C", "trust": "trusted"}
    for rating, marked in ((review(3)["rating"], False), ("撤回", True)):
        published(desk, [review(3, rating=rating, **own)], [likeness(3, 0.6)])
        row = text_of(visit("claims", actor="Mei"))
        assert ("A confirmed review has another verdict now" in row) is marked
        listed = CliRunner().invoke(rank, [INCIDENT], env={"COLUMNS": "200"}).output
        assert ("(verdict changed)" in listed) is marked
        why = CliRunner().invoke(rank, [INCIDENT, "--why", "--language", "zh-Hant"]).output
        assert ("已確認的查核後來改了結論" in why) is marked
    [word] = ask(desk, INCIDENT, "select * from review_words", {})
    assert (word["review_id"], word["is_same"], word["actor"]) == ("import-3", True, "Mei")
    assert (word["publisher"], word["rating"], word["status_before"]) == ("C", review(3)["rating"], "new")


def test_the_library_tells_which_claims_rest_on_a_verdict_of_before(desk: DataDir, tmp_path: Path) -> None:
    library, book = ReviewLibrary(desk), KnownBook(desk.ledger)

    def says(rating: str) -> str:
        file = tmp_path / "a.jsonl"
        row = {"claim": "海港巷停水", "url": "https://a.example/1", "rating": rating}
        file.write_text(json.dumps(row), encoding="utf-8")
        library.add(read_reviews(file))
        return library.reviews()[0].review_id

    def changed_for() -> list[str]:
        told = json.loads(CliRunner().invoke(review_command, ["list", "--json"]).output)
        found: list[str] = told[0]["changed_for"]
        return found

    seen = {"review_id": says("false"), "rating": "false"}
    book.rule(INCIDENT, claim_name(0), seen, same=True, actor="Mei")
    book.rule(INCIDENT, claim_name(1), seen, same=False, actor="Mei")
    assert changed_for() == []
    says("partly true")
    assert changed_for() == [f"{INCIDENT}/{claim_name(0)}"]


def test_who_only_reads_confirms_nothing(desk: DataDir) -> None:
    at = visit("claim", claim=claim_name(0))
    assert button(at, "Same claim: known before").disabled
