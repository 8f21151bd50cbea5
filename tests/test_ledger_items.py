"""Notes, evidence, assessments, saved views, and taking back: everything is an event, nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import StaleVersion, StoreError, UsageError
from pipeline.ledger import Ledger, decisions_in_force
from pipeline.ledger.assessments import Assessments
from pipeline.ledger.evidence import MAX_FILE_BYTES, EvidenceBook, file_type
from pipeline.ledger.notes import Notes, calling, mentions
from pipeline.ledger.views import Views
from pipeline.paths import DataDir
from pipeline.records import RulingKind, Status, Triage
from pipeline.rubric import SHIPPED, load_rubric
from pipeline.vocabulary import ratings

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def ledger(data: DataDir) -> Ledger:
    return Ledger(data.ledger)


def test_undo_goes_back_step_by_step_and_the_history_keeps_all(ledger: Ledger) -> None:
    first = ledger.decide(Triage("fire", "c1", status=Status.WATCHING), actor="mei")
    ledger.decide(replace(first, status=Status.ANSWERED, rating="misleading", note="called"), actor="lok")
    for expected in ((Status.WATCHING, None, ""), (Status.NEW, None, "")):
        last = decisions_in_force(ledger.events("fire", "c1"))[-1]
        stands = ledger.undo("fire", last.event_id, actor="mei")
        assert (stands.status, stands.rating, stands.note) == expected
    assert decisions_in_force(ledger.events("fire", "c1")) == []
    assert [e.payload.get("undoes") for e in ledger.events("fire", "c1")] == [1, 2, None, None]
    assert ledger.verify() == 4, "undoing breaks neither the chain nor its match with the state"


def test_what_somebody_built_upon_is_not_undone_beneath_them(ledger: Ledger) -> None:
    first = ledger.decide(Triage("fire", "c1", status=Status.WATCHING), actor="mei")
    ledger.decide(replace(first, note="lok's"), actor="lok")
    with pytest.raises(StaleVersion):
        ledger.undo("fire", 1, actor="mei")
    with pytest.raises(StoreError, match="no decision"):
        ledger.undo("fire", 99, actor="mei")
    assert ledger.triage("fire")["c1"].note == "lok's"


def test_many_at_once_stores_what_is_current_and_names_what_is_not(ledger: Ledger) -> None:
    ledger.decide(Triage("fire", "c2", note="faster"), actor="lok")
    wanted = [Triage("fire", f"c{n}", status=Status.NOT_OURS) for n in (1, 2, 3)]
    done = ledger.decide_all(wanted, actor="mei", batch="b1")
    assert [isinstance(each, Triage) for each in done] == [True, False, True]
    assert ledger.triage("fire")["c2"].note == "faster"
    batches = [e.payload.get("batch") for e in ledger.events("fire")]
    assert batches == ["b1", "b1", None]


def test_a_withdrawn_ruling_no_longer_stands_and_stays_in_the_history(ledger: Ledger) -> None:
    made = ledger.rule_all(
        "fire", RulingKind.MUST_NOT, [("p:1", "p:2"), ("p:1", "p:3")], actor="mei", reason="other fire"
    )
    ledger.withdraw("fire", [made[0].ruling_id], actor="lok")
    assert [r.ruling_id for r in ledger.rulings("fire")] == [made[1].ruling_id]
    (_, stands), (gone, by) = ledger.all_rulings("fire")
    assert stands is None and by is not None and (gone.left_post, by.actor) == ("p:1", "lok")
    with pytest.raises(StoreError, match="withdrawn already"):
        ledger.withdraw("fire", [made[0].ruling_id], actor="lok")
    assert ledger.verify() == 3


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@mei please call, then ＠lok.", ["mei", "lok"]),
        ("写给@mei", []),
        ("请看，@梅姐 @梅姐", ["梅姐"]),
        ("mail a@b.example", []),
        ("@" + "x" * 61, ["x" * 60]),
    ],
)
def test_mentions(text: str, named: list[str]) -> None:
    assert mentions(text) == named


def test_notes_are_written_read_and_taken_back(data: DataDir) -> None:
    notes = Notes(data.ledger)
    number = notes.write("fire", "c1", " @lok hospital says **none** ", author="mei")
    notes.write("fire", "c2", "@lok to myself", author="lok")
    (note,) = notes.of("fire", "c1")
    assert (note.text, note.author, note.mentions) == ("@lok hospital says **none**", "mei", ("lok",))
    assert [n.claim_id for n in calling(notes.of("fire"), ["LOK", "l"])] == ["c1"]
    notes.take_back("fire", number, actor="mei")
    assert notes.of("fire", "c1") == []
    with pytest.raises(StoreError, match="taken back already"):
        notes.take_back("fire", number, actor="mei")
    for wrong in ("  ", "x" * 20_001):
        with pytest.raises(StoreError, match="characters"):
            notes.write("fire", "c1", wrong, author="mei")


def test_evidence_keeps_a_copy_under_its_hash(data: DataDir) -> None:
    book = EvidenceBook(data.ledger)
    for claim in ("c1", "c2"):
        book.add("fire", claim, author="mei", url="https://h.example/1", file=("../../shot.png", PNG))
    (piece,) = book.of("fire", "c1")
    assert (piece.file_name, piece.file_type, piece.file_bytes) == ("shot.png", "png", len(PNG))
    assert book.body(piece) == PNG
    kept = [path for path in book.folder.rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [piece.sha256], "the same file twice is stored once"
    kept[0].write_bytes(b"changed")
    with pytest.raises(StoreError, match="no longer what was stored"):
        book.body(piece)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PNG, "png"),
        (b"%PDF-1.7", "pdf"),
        (b"RIFF1234WEBPVP8 ", "webp"),
        ("证词".encode(), "txt"),
        (b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;", "mhtml"),
        (b"<html><script>1</script>", None),
        (b"  <svg onload=1>", None),
        (b"MZ\x90\x00", None),
        (b"a\x1b[31mb", None),
        (b"", None),
    ],
)
def test_a_file_is_what_its_bytes_say(body: bytes, kind: str | None) -> None:
    assert file_type(body) == kind


def test_evidence_refuses_what_it_cannot_keep(data: DataDir) -> None:
    book = EvidenceBook(data.ledger)
    with pytest.raises(StoreError, match="needs an address"):
        book.add("fire", "c1", author="mei", url=" ")
    with pytest.raises(StoreError, match="at most 2000"):
        book.add("fire", "c1", author="mei", url="https://h.example/" + "x" * 2_000)
    for body in (b"MZ\x90\x00", PNG + bytes(MAX_FILE_BYTES)):
        with pytest.raises(StoreError):
            book.add("fire", "c1", author="mei", file=("a.png", body))
    assert book.of("fire", "c1") == [] and not book.folder.exists()


def test_an_assessment_answers_the_rubric_and_a_stale_one_is_refused(data: DataDir) -> None:
    book, rubric = Assessments(data.ledger), load_rubric(data)
    seen = book.assess("fire", "c1", {"action": 2, "breakout": 3}, rubric=rubric, actor="mei", reason="gas")
    with pytest.raises(StaleVersion):
        book.assess("fire", "c1", {"action": 0}, rubric=rubric, actor="lok")
    book.assess("fire", "c1", {"action": 1}, rubric=rubric, actor="lok", seen=seen)
    stands = book.of("fire", "c1")
    assert stands is not None and (stands.actor, stands.levels) == ("lok", {"action": 1})
    book.take_back("fire", stands.event_id, actor="lok")
    before = book.of("fire", "c1")
    assert before is not None and before.levels == {"action": 2, "breakout": 3}
    for wrong in ({"action": 3}, {"breakout": 0}, {"truth": 1}, {}):
        with pytest.raises(StoreError, match="rubric"):
            book.assess("fire", "c2", wrong, rubric=rubric, actor="mei")


def test_the_shipped_rubric_cites_its_sources_and_adds_up(data: DataDir) -> None:
    rubric = load_rubric(data)
    assert rubric.total("harm", {"action": 2, "belief": 1, "breakout": 6}) == (3, 4)
    assert rubric.total("reach", {"breakout": 4}) == (4, 6)
    assert rubric.total("harm", {}) is None
    source = SHIPPED.read_text(encoding="utf-8")
    assert "arXiv:2312.11678" in source and "Brookings" in source


def test_a_coalition_keeps_its_own_words(data: DataDir) -> None:
    assert [word.code for word in ratings(data)][:2] == ["inaccurate", "misleading"]
    data.root.mkdir(parents=True)
    own = data.root / "ratings.toml"
    own.write_text(
        '[[rating]]\nid = "old_news"\nen = "Old news"\nzh-Hans = "旧闻"\nzh-Hant = "舊聞"\n[[rating]]\nid = "true"\n',
        encoding="utf-8",
    )
    assert [(word.code, word.names.get("zh-Hant")) for word in ratings(data)] == [
        ("old_news", "舊聞"),
        ("true", None),
    ]
    Ledger(data.ledger).decide(Triage("fire", "c1", rating="old_news"), actor="mei")
    assert Ledger(data.ledger).triage("fire")["c1"].rating == "old_news"
    for wrong in ("rating = 1", '[[rating]]\nid = "no names"\n', '[[rating]]\nid = "made_up"\n', "["):
        (data.root / "ratings.toml").write_text(wrong, encoding="utf-8")
        with pytest.raises(UsageError, match=r"ratings\.toml"):
            ratings(data)


def test_views_are_each_persons_own(data: DataDir) -> None:
    views = Views(data.ledger)
    views.save("fire", "mei", "night  shift", {"status": "new"})
    views.save("fire", "mei", "night shift", {"status": "watching"})
    views.save("fire", "lok", "mine", {})
    assert [(v.name, v.params) for v in views.of("fire", "mei")] == [("night shift", {"status": "watching"})]
    with pytest.raises(StoreError, match="name"):
        views.save("fire", "mei", " ", {})


def test_reading_a_ledger_that_nobody_wrote_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    assert Notes(path, read_only=True).of("fire") == [] and not path.exists()
