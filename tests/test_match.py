"""Known reviews: the library, whom it trusts, and which claims its reviews are suggested for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from conftest import make_incident, store_posts
from crawlers.cards import all_cards
from crawlers.families.wordpress import article
from crawlers.items import Context
from crawlers.reviews import Review, as_post, keep_verdicts
from models.encoder import Encoder
from models.loading import load_encoder
from pipeline.batch import run_incident
from pipeline.cli.review import review
from pipeline.correction.consensus import Answer
from pipeline.errors import StoreError, UnknownName, UsageError
from pipeline.ledger.known import KnownBook
from pipeline.ledger.statements import Statements
from pipeline.match import MatchConfig, Reviewed, Texts
from pipeline.match.likeness import fuse
from pipeline.match.run import Claimed, match_reviews, review_texts
from pipeline.paths import DataDir
from pipeline.records import Post, Precision
from pipeline.reviews import KnownReview, ReviewLibrary, load_trust
from pipeline.reviews.library import digest_of
from pipeline.reviews.reading import read_reviews
from pipeline.reviews.records import SIDECAR
from pipeline.reviews.trust import Standing
from pipeline.tables import CLAIM_POSTS, CLAIM_REVIEWS, CLAIMS, TEXTS
from test_statements import ANN, NOW, PARTNERS, circulated, hand

SEEN = datetime(2026, 3, 14, tzinfo=UTC)

JSONLD = {
    "@context": "https://schema.org",
    "@graph": [
        {
            "@type": "ClaimReview",
            "url": "https://www.checks.example/masks",
            "claimReviewed": "顺丰工作人员截留顾客口罩私下贩卖",
            "datePublished": "2026-03-01",
            "author": {"@type": "Organization", "name": "查核台", "url": "https://www.checks.example"},
            "reviewRating": {"@type": "Rating", "ratingValue": 1, "alternateName": "與事實不符"},
            "inLanguage": "zh-Hant",
        },
        {"@type": "ClaimReview", "claimReviewed": "", "name": "no claim"},
    ],
}


def known(claim: str, number: int = 1, **values: object) -> KnownReview:
    return replace(KnownReview(f"import-{number}", claim, "import", "file"), **values)  # type: ignore[arg-type]


def post(number: int, text: str, **values: object) -> Post:
    made = Post(
        post_id=f"p:{number}",
        source="test",
        platform="forum",
        text=text,
        collected_at=SEEN,
        crawl_id="c",
        collector="test",
        published_at=SEEN,
    )
    return replace(made, **values)  # type: ignore[arg-type]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


# -- the library ---------------------------------------------------------------------------------------------------


def test_three_kinds_of_files_say_the_same(tmp_path: Path) -> None:
    flat = {
        "claim": "顺丰工作人员截留顾客口罩私下贩卖",
        "rating": "與事實不符",
        "publisher": "查核台",
        "url": "https://www.checks.example/masks",
        "language": "zh-Hant",
        "date": "2026-03-01",
    }
    csv = ",".join(flat) + "\n" + ",".join(flat.values()) + "\n"
    files = [
        write(tmp_path / "a.json", json.dumps(JSONLD)),
        write(tmp_path / "b.jsonl", json.dumps(flat) + "\n{broken\n"),
        write(tmp_path / "c.csv", csv),
    ]
    read = [read_reviews(file) for file in files]
    said = [replace(r.reviews[0], origin="", sha256=None, title=None) for r in read]
    assert said[0] == said[1] == said[2]
    assert (said[0].rating, said[0].site, said[0].language) == ("與事實不符", "checks.example", "zh-Hant")
    assert (said[0].reviewed_at, said[0].reviewed_precision) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        Precision.DAY,
    )
    assert [len(r.rejects) for r in read] == [1, 1, 0]


def test_hostile_files_are_refused_or_harmless(tmp_path: Path) -> None:
    deep = write(tmp_path / "deep.json", "[" * 100_000)
    with pytest.raises(UsageError):
        read_reviews(deep)
    with pytest.raises(UsageError, match="no review"):
        read_reviews(write(tmp_path / "none.json", '{"a": 1}'))
    rows = [
        {"claim": "x" * 3_000},
        {"claim": "ok", "url": "javascript:alert(1)", "rating": ["a"], "date": "99999-01-01"},
        {"claim": 7},
    ]
    read = read_reviews(write(tmp_path / "odd.jsonl", "\n".join(map(json.dumps, rows))))
    assert [(r.claim, r.url, r.rating, r.reviewed_at) for r in read.reviews] == [("ok", None, None, None)]
    assert len(read.rejects) == 2


def test_import_list_show(data: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    file = write(tmp_path / "a.json", json.dumps(JSONLD))
    run = CliRunner().invoke
    first = json.loads(run(review, ["import", str(file), "--json"]).output)
    again = json.loads(run(review, ["import", str(file), "--json"]).output)
    assert (first["new"], first["rejected"], again["new"]) == (1, 1, 0)
    listed = json.loads(run(review, ["list", "--json"]).output)
    assert [row["sha256"] for row in listed] == [first["sha256"]]
    assert "shown" in run(review, ["list"], env={"COLUMNS": "200"}).output, "nobody is trusted by default"
    assert "與事實不符" in run(review, ["show", listed[0]["review_id"]]).output


def test_a_review_that_says_something_else_now_replaces_what_it_said(data: DataDir, tmp_path: Path) -> None:
    library, row = ReviewLibrary(data), {"claim": "海港巷停水", "url": "https://a.example/1"}
    for rating, new in (("false", 1), ("false", 0), ("partly true", 1)):
        file = write(tmp_path / "a.jsonl", json.dumps(row | {"rating": rating}))
        assert library.add(read_reviews(file)) == new
    assert [one.rating for one in library.reviews()] == ["partly true"]


def test_a_removed_review_is_suggested_no_more_until_that_is_undone(
    data: DataDir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHENGQING_DATA", str(data.root))
    file, run = write(tmp_path / "a.json", json.dumps(JSONLD)), CliRunner().invoke
    library = ReviewLibrary(data)
    library.add(read_reviews(file))
    review_id = library.reviews()[0].review_id
    assert run(review, ["remove", review_id, "--because", "taken back", "--by", "mei"]).exit_code == 0
    assert (library.reviews(), library.add(read_reviews(file))) == ([], 0)
    assert library.removed() == {review_id: {"by": "mei", "because": "taken back"}}
    assert isinstance(run(review, ["remove", review_id]).exception, UnknownName)
    assert run(review, ["remove", review_id, "--undo"]).exit_code == 0
    assert [one.review_id for one in library.reviews()] == [review_id]
    assert isinstance(run(review, ["remove", review_id, "--undo"]).exception, UnknownName)
    (library.folder / "removed.json").write_text("[", encoding="utf-8")
    with pytest.raises(StoreError, match=r"removed\.json"):
        library.reviews()


def test_the_coalition_decides_whom_it_trusts(data: DataDir, tmp_path: Path) -> None:
    library = ReviewLibrary(data)
    library.add(read_reviews(write(tmp_path / "a.json", json.dumps(JSONLD))))
    shipped = load_trust(data)
    assert {p.standing.value for p in shipped.publishers.values()} == {"shown"}
    list_ = data.root / "reviews.toml"
    list_.write_text('[[publisher]]\nsite = "checks.example"\nstanding = "trusted"\n')
    assert library.rows(library.reviews()).column("trust").to_pylist() == ["trusted"]
    list_.write_text('[[publisher]]\nsite = "checks.example"\nstanding = "hidden"\n')
    assert library.reviews() == []
    list_.write_text('[[publisher]]\nsite = "checks.example"\nstanding = "true"\n')
    with pytest.raises(UsageError, match="standing is one of trusted, shown, hidden"):
        library.reviews()


def test_crawls_of_fact_checkers_feed_the_library(data: DataDir) -> None:
    make_incident(data, "fire")
    reviewed = post(1, "捐血後會感染", platform="claimreview", url="https://a.example/1", title="查核")
    article = post(
        2,
        "全文",
        platform="blogger",
        url="https://www.mygopen.com/1",
        title="【錯誤】網傳喝熱水能防疫？",
    )
    other = replace(article, post_id="p:3", url="https://blog.example/1")
    store_posts(data, "fire", [reviewed, article, other])
    folder = next((data.raw("fire")).glob("*/*"))
    line = {"post_id": reviewed.post_id, "rating": "部分錯誤", "publisher": "查核社"}
    (folder / SIDECAR).write_text(json.dumps(line) + '\n{"post_id": ', encoding="utf-8")
    found = {r.claim: r for r in ReviewLibrary(data).reviews()}
    assert set(found) == {"捐血後會感染", "網傳喝熱水能防疫？"}, (
        "a title is a verdict only where the list says so"
    )
    assert (found["捐血後會感染"].rating, found["捐血後會感染"].publisher) == ("部分錯誤", "查核社")
    assert (found["網傳喝熱水能防疫？"].rating, found["網傳喝熱水能防疫？"].site) == ("錯誤", "mygopen.com")
    earlier = ReviewLibrary(data).reviews(as_of=SEEN - timedelta(hours=1))
    assert earlier == [], "a replay knows nothing that was published later"


def test_a_verdict_that_is_a_picture_is_read_as_the_list_says(data: DataDir) -> None:
    make_incident(data, "fire")
    case = Path(__file__).parent / "pages" / "wordpress" / "verdict-as-picture"
    entries = json.loads((case / "body.json").read_text("utf-8"))
    context = Context(
        "piyaoba", "piyaoba.org", "c", "test", SEEN, SEEN, author_key=lambda platform, name: name
    )
    articles = [article(entry, context) for entry in entries]
    elsewhere = replace(articles[0], post_id="p:9", url="https://other.example/1")
    store_posts(data, "fire", [*articles, elsewhere])
    found = {r.claim: (r.rating, r.publisher, r.site) for r in ReviewLibrary(data).reviews()}
    assert found == {
        "網傳四月選舉將延期": ("False", "PiYaoBa", "piyaoba.org"),
        "接種疫苗需要出示身分證明": ("True", "PiYaoBa", "piyaoba.org"),
        "如何閱讀我們的燈號": (None, "PiYaoBa", "piyaoba.org"),
    }, "a page with every light has no verdict; one without any is no review; nobody else's picture counts"
    (data.root / "reviews.toml").write_text(
        '[[publisher]]\nsite = "piyaoba.org"\npictures = { RLight = 1 }\n', "utf-8"
    )
    with pytest.raises(UsageError, match="pictures"):
        ReviewLibrary(data).reviews()


def test_sources_of_reviews_ship_with_cards_and_none_of_them_is_trusted_by_default(data: DataDir) -> None:
    cards, listed = all_cards(), load_trust(data)
    sources = {"mygopen": "mygopen.com", "tfc-taiwan": "tfc-taiwan.org.tw", "piyaoba": "piyaoba.org"}
    for name, site in sources.items():
        publisher = listed.of(site)
        assert cards[name].owner and site in cards[name].notes and cards[name].checked is None
        assert publisher and (publisher.titles or publisher.pictures), f"{site}: nothing says how it rates"
    assert {"family-claimreview", "family-googlefactcheck"} <= set(cards)
    assert {one.standing for one in listed.publishers.values()} == {Standing.SHOWN}
    assert listed.standing("piyao.org.cn") is Standing.SHOWN, (
        "a state outlet is shown as its word, like anybody"
    )


def test_what_the_crawler_reads_of_a_verdict_reaches_the_library(data: DataDir) -> None:
    make_incident(data, "fire")
    context = Context("checks", "a.example", "c", "test", SEEN, SEEN, author_key=lambda platform, name: name)
    read = Review("捐血後會感染", "https://a.example/1", publisher="查核社", rating="部分錯誤", language="zh")
    posts = [as_post(read, context), post(2, "別的")]
    store_posts(data, "fire", posts)
    folder = next((data.raw("fire")).glob("*/*"))
    keep_verdicts(folder, posts)
    found = ReviewLibrary(data).reviews()
    assert [(r.claim, r.rating, r.publisher, r.site, r.language) for r in found] == [
        ("捐血後會感染", "部分錯誤", "查核社", "a.example", "zh")
    ]


def test_a_release_enters_the_library_and_a_withdrawn_one_leaves_it(data: DataDir) -> None:
    data.root.mkdir(parents=True)
    partners = "".join(f'[[partners]]\nid = "{p}"\nname = {{ en = "{p.upper()}" }}\n' for p in PARTNERS)
    data.coalition.write_text(f'name = {{ en = "C" }}\n{partners}')
    ledger = Statements(data.ledger)
    held = circulated(ledger, "Nobody was hurt, whatever is said.")
    for partner in PARTNERS:
        ledger.answer(held, Answer.CONSENT, hand(partner), now=NOW)
    assert ReviewLibrary(data).reviews() == []
    out = ledger.release(held, ANN, now=NOW)
    found = ReviewLibrary(data).reviews()
    assert {(r.provenance, r.origin, r.origin_incident, r.sha256) for r in found} == {
        ("release", out.release_id, "fire", out.digest)
    }
    assert all("Nobody was hurt" in (r.ready_text or "") for r in found if r.language == "en")
    assert set(ReviewLibrary(data).rows(found).column("trust").to_pylist()) == {"trusted"}
    ledger.withdraw(out, ANN, "wrong", now=NOW + timedelta(hours=1))
    assert ReviewLibrary(data).reviews() == []
    assert ReviewLibrary(data).reviews(as_of=NOW) == found, "a replay of that moment still has it"


# -- likeness ------------------------------------------------------------------------------------------------------

LIBRARY = [
    known("顺丰工作人员截留顾客口罩私下贩卖", 1),
    known("久坐会导致肺栓塞", 2),
    known("东京奥运会可能取消", 3),
    known("Drinking hot water prevents the virus", 4),
    known("生吞蛔虫卵能减肥", 5),
]


@cache
def encoder() -> Encoder:
    """The shipped one, read once."""
    return load_encoder()


def claimed(texts: list[str], incident: str = "") -> Claimed:
    """Claims of one post each, by number."""
    read = review_texts([known(text) for text in texts], encoder())
    count = range(len(texts))
    claims = [{"claim_id": f"c{i}", "exemplar_post_id": f"p{i}"} for i in count]
    posts = [
        {
            "claim_id": f"c{i}",
            "post_id": f"p{i}",
            "role": "carries",
            "joined_by": "alone",
            "asks": False,
            "variant_key": f"t{i}",
        }
        for i in count
    ]
    said = [{"text_key": f"t{i}", "match_text": read.forms[i], "tokens": read.tokens[i]} for i in count]
    tables = [
        pa.Table.from_pylist(
            [{**dict.fromkeys(t.schema.names), **row} for row in rows], schema=_loose(t.schema)
        )
        for t, rows in ((CLAIMS, claims), (CLAIM_POSTS, posts), (TEXTS, said))
    ]
    return Claimed(*tables, read.vectors, incident)


def _loose(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])


def suggested(
    texts: list[str], reviews: list[KnownReview] = LIBRARY, incident: str = ""
) -> dict[str, list[str]]:
    found = match_reviews(claimed(texts, incident), reviews, encoder(), MatchConfig())
    out: dict[str, list[str]] = {}
    for row in CLAIM_REVIEWS.conform(found).to_pylist():
        out.setdefault(row["claim_id"], []).append(row["review_id"])
    return out


def test_other_scripts_cuts_disguises_and_languages_find_their_review() -> None:
    asked = [
        "順豐工作人員截留顧客口罩私下販賣",
        "快轉！久坐會導致肺栓塞，家人朋友都看看",
        "东京澳运会可能曲消",
        "喝热水可以预防病毒",
        "港口巷今晚停水，请大家储水",
    ]
    found = suggested(asked)
    assert {claim: ids[0] for claim, ids in found.items()} == {
        "c0": "import-1",
        "c1": "import-2",
        "c2": "import-3",
        "c3": "import-4",
    }, "and a claim that nobody reviewed gets no review"


_RUMOR = "妇幼保健院提示您请不要给宝宝喝爽歪歪和有添加剂的牛奶饮料"
_WALK = (
    "今天早上在公园散步的时候碰到了老邻居，聊起孩子上学的事情，她说学校门口的路终于修好了，以后接送方便多了。"
)
_MARKET = (
    "周末去新开的菜市场逛了一圈，海鲜比超市新鲜，价格也公道，卖豆腐的阿姨还送了一把葱，下次准备带朋友一起去。"
)


def test_a_rumor_quoted_in_a_long_post_is_found_and_two_long_posts_are_not_taken_for_one() -> None:
    long = known(f"转给所有家长。{_RUMOR}。{_MARKET}", 1)
    found = suggested([f"{_WALK}{_RUMOR}。刚刚看到的。", f"{_WALK * 4}{_MARKET[:20]}"], [long])
    assert found == {"c0": ["import-1"]}
    plain = replace(MatchConfig(), passages=0.0)
    asked = claimed([f"{_WALK}{_RUMOR}。刚刚看到的。"])
    assert match_reviews(asked, [long], encoder(), plain).num_rows == 0, "it is the passage that finds it"


def test_what_a_post_in_two_languages_shares_in_words_counts() -> None:
    shared, meant = np.float32([[0.8, 0.0]]), np.float32([[0.3, 0.9]])
    fused, alone = fuse((shared, shared, shared, meant), np.array([[True, True]]), MatchConfig())
    same, _ = fuse((shared, shared, shared, meant), np.array([[False, False]]), MatchConfig())
    assert alone.tolist() == [[False, True]], "each pair goes by what tells more"
    assert fused[0, 0] == same[0, 0] > 0 < fused[0, 1]


def test_suggestions_do_not_depend_on_order_or_company() -> None:
    asked = ["順豐工作人員截留顧客口罩私下販賣", "久坐肺栓塞"]
    config = MatchConfig()
    both = match_reviews(claimed(asked), LIBRARY, encoder(), config)
    one = match_reviews(claimed(asked[:1]), LIBRARY, encoder(), config)
    assert both.filter(pa.compute.equal(both.column("claim_id"), "c0")).equals(one)
    small = match_reviews(claimed(asked), LIBRARY, encoder(), replace(config, block=1))
    assert small.equals(both)
    assert digest_of(LIBRARY) != digest_of([*LIBRARY[:-1], replace(LIBRARY[-1], rating="假")])


def test_a_publication_is_suggested_once_and_never_for_its_own_claim() -> None:
    said = known("久坐会导致肺栓塞", 7, article_id="release-r1", origin_incident="fire", origin_claim="c0")
    again = replace(said, review_id="import-8", claim="久坐會導致肺栓塞")
    assert suggested(["久坐会导致肺栓塞"], [said, again]) == {"c0": ["import-7"]}
    assert suggested(["久坐会导致肺栓塞"], [said, again], incident="fire") == {}


def test_no_library_no_suggestions() -> None:
    assert suggested(["久坐会导致肺栓塞"], []) == {}
    empty = Texts([], [], encoder().encode([]).reshape(0, encoder().dimensions))
    assert list(Reviewed(review_texts(LIBRARY, encoder()), empty, MatchConfig()).blocks()) == []


# -- the stage -----------------------------------------------------------------------------------------------------


def test_a_run_publishes_suggestions_and_a_new_review_renews_only_them(data: DataDir, tmp_path: Path) -> None:
    incident = make_incident(data, "fire")
    store_posts(data, "fire", [post(1, "順豐工作人員截留顧客口罩私下販賣"), post(2, "海港巷今晚停水")])
    run_incident(data, incident)
    run_incident(data, incident)  # ids are remembered now
    assert _asked(data, "select count(*) from claim_reviews") == [(0,)]
    ReviewLibrary(data).add(read_reviews(write(tmp_path / "a.json", json.dumps(JSONLD))))
    done = {s.stage for s in run_incident(data, incident).stages if s.status == "done"}
    assert done - {"encode"} == {"match", "rank", "publish"}, "the rest does not depend on the library"
    rows = _asked(
        data, "select k.rating, k.site, k.trust from claim_reviews join known_reviews as k using (review_id)"
    )
    assert rows == [("與事實不符", "checks.example", "shown")]
    kin = "select count(*) from ranked_claims join claim_reviews using (claim_id) where kinship = similarity"
    assert _asked(data, kin) == [(1,)]


def _asked(data: DataDir, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(data.published("fire").resolve()), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_words_of_people_stand_until_they_are_taken_back(data: DataDir) -> None:
    book = KnownBook(data.ledger)
    seen = {"review_id": "import-1", "rating": "假"}
    number = book.rule("fire", "c1", seen, same=False, actor="mei")
    last = book.rule("fire", "c1", seen, same=True, actor="lok", status_before="new")
    assert book.of("fire")["c1", "import-1"].same
    book.take_back("fire", last, actor="lok")
    stands = book.of("fire", "c1")["c1", "import-1"]
    assert (stands.event_id, stands.same, stands.review["rating"]) == (number, False, "假")
    with pytest.raises(StoreError):
        book.rule("fire", "c1", {}, same=True, actor="mei")
