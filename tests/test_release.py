"""Exports of a release: whatever the form, the sentences are those that were consented to, and nothing runs."""

from __future__ import annotations

import email
import email.policy
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import docx
import feedparser
import pypdf
import pytest
from lxml import html as lxml_html
from markdown_it import MarkdownIt
from PIL import Image
from rdflib.namespace import SDO
from selectolax.lexbor import LexborHTMLParser

from crawlers.reviews import blocks_of, nodes_of, review_of_jsonld
from pipeline.coalition import Coalition, Partner
from pipeline.correction import document as d
from pipeline.errors import DraftError, UsageError
from pipeline.ledger.statements import Release
from pipeline.records import Rating
from pipeline.release import bundle
from pipeline.release.notice import Notice, Sentence, notice
from pipeline.release.text import short
from pipeline.release.typeset import families

try:
    families()
except DraftError as error:
    pytestmark = pytest.mark.skip(reason=str(error))

COALITION = Coalition(
    {"en": "Harbor Coalition", "zh-Hans": "海港联盟", "zh-Hant": "海港聯盟"},
    (
        Partner(
            "a",
            {"en": "Alpha <b>Center</b>", "zh-Hans": "甲中心", "zh-Hant": "甲中心"},
            "1 Row",
            "+1 555 0100",
            "https://a.example",
        ),
        Partner("b", {"en": "Beta", "zh-Hans": "乙社", "zh-Hant": "乙社"}, "2 Row", "+1 555 0101"),
    ),
)
NASTY = (
    '<script>alert(1)</script> ![x](https://evil.example/p.png) #set page(fill: red) $x$ =cmd|"/c" `id` &amp;'
)
TEXTS = {
    d.Part.TITLE: (
        "The fire is out & all are safe",
        "火已扑灭，全员平安",
        "火已撲滅，全員平安",
        "火已經熄，全部人平安",
    ),
    d.Part.KNOWN: (
        "No one was hurt in the fire on Harbor Lane.",
        "海港巷火灾中没有人受伤。",
        "海港巷火災中沒有人受傷。",
        "海港巷火災冇人受傷。",
    ),
    d.Part.CIRCULATES: (
        f"Ten people died {NASTY}",
        f"十人死亡 {NASTY}",
        f"十人死亡 {NASTY}",
        f"死咗十個人 {NASTY}",
    ),
    d.Part.MISLEADS: (
        "The picture is of 2019.",
        "照片摄于2019年。",
        "照片攝於2019年。",
        "張相係2019年影嘅。",
    ),
    d.Part.KNOWN_AGAIN: (
        "Everyone left in time.",
        "所有人及时撤离。",
        "所有人及時撤離。",
        "所有人及時離開。",
    ),
    d.Part.ACTION: ("Share this instead.", "请转发本信息。", "請轉發本訊息。", "請轉發呢個訊息。"),
    d.Part.CONTACT: (
        "Call 911 in an emergency.",
        "紧急情况请拨打911。",
        "緊急情況請撥打911。",
        "緊急情況請打911。",
    ),
}


@cache
def release(withdrawn: bool = False, alone: bool = False) -> Release:
    lines = tuple(
        d.Line(
            f"s{n}",
            part,
            dict(zip(d.LANGUAGES, texts, strict=True)),
            {},
            ("e1",) if part in d.FACTUAL else (),
        )
        for n, (part, texts) in enumerate(TEXTS.items(), 1)
    )
    source = d.Source(
        "e1", "https://fire.example/news?a=1&b=<2>", "Fire Department", "All are safe.", "ab" * 32
    )
    document = d.Document("fire", lines=lines, rating=Rating.INACCURATE, sources=(source,))
    return Release(
        "r-1", "s-1", "fire", "c-1", d.digest(document), d.to_json(document), "a" if alone else None,
        ("a",) if alone else ("a", "b"), "ann", datetime(2026, 3, 13, 9, tzinfo=UTC),
        "the count was wrong <i>" if withdrawn else None, datetime(2026, 3, 14, tzinfo=UTC) if withdrawn else None,
    )  # fmt: skip


@cache
def made() -> dict[str, bytes]:
    return bundle.files(release(), COALITION, "https://c.example/r-1/")


def sentences(language: str) -> list[str]:
    place = d.LANGUAGES.index(language)
    return [" ".join(texts[place].split()) for texts in TEXTS.values()]


def from_html(body: bytes) -> str:
    return str(lxml_html.fromstring(body).text_content())


def from_docx(body: bytes) -> str:
    return "\n".join(p.text for p in docx.Document(io.BytesIO(body)).paragraphs)


def from_markdown(body: bytes) -> str:
    return str(lxml_html.fromstring(MarkdownIt("commonmark").render(body.decode())).text_content())


def from_mail(body: bytes) -> str:
    part = email.message_from_bytes(body, policy=email.policy.default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


READERS = {
    "txt": lambda body: body.decode(),
    "html": from_html,
    "docx": from_docx,
    "md": from_markdown,
    "eml": from_mail,
}


@pytest.mark.parametrize("language", d.LANGUAGES)
@pytest.mark.parametrize("form", READERS)
def test_every_form_carries_the_consented_sentences_unchanged(form: str, language: str) -> None:
    read = READERS[form](made()[f"{language}.{form}"])
    for sentence in sentences(language):
        assert sentence in read, sentence


@pytest.mark.parametrize("language", d.LANGUAGES)
def test_the_pdf_carries_the_sentences_but_for_line_breaks(language: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(made()[f"{language}.pdf"]))
    read = re.sub(r"[\s\u00ad-]+", "", "".join(page.extract_text() for page in reader.pages))
    for sentence in sentences(language):
        assert re.sub(r"[\s-]+", "", sentence) in read, sentence


def test_nothing_that_a_text_says_becomes_markup_or_loads_anything() -> None:
    for name, body in made().items():
        if name.endswith("html"):
            tree = lxml_html.fromstring(body)
            assert {s.get("type") for s in tree.iter("script")} <= {"application/ld+json"}
            assert not list(tree.iter("img", "iframe", "object", "b", "i", "link"))
            assert "default-src 'none'" in body.decode()
        if name.endswith(".md"):
            rendered = MarkdownIt("commonmark").render(body.decode())
            assert "<img" not in rendered and "<script" not in rendered and "<code" not in rendered


@pytest.mark.parametrize("shape", ["square", "tall"])
@pytest.mark.parametrize("language", d.LANGUAGES)
def test_cards_have_their_size_and_something_on_them(language: str, shape: str) -> None:
    from pipeline.release.typeset import CARDS

    picture = Image.open(io.BytesIO(made()[f"{language}.{shape}.png"]))
    assert picture.size == CARDS[shape]
    dark = sum(count for value, count in enumerate(picture.convert("L").histogram()) if value < 100)
    assert dark > 5_000, "no letters on the card"


def test_a_card_whose_text_is_too_long_is_set_smaller_and_stays_one_card() -> None:
    long = replace(shown("zh-Hans"), title="很长的标题" * 12)
    from pipeline.release.typeset import card

    assert Image.open(io.BytesIO(card(long, "square"))).size == (1080, 1080)


def shown(language: str, **kinds: bool) -> Notice:
    return notice(release(**kinds), COALITION, language)


def terms(value: object) -> set[str]:
    if isinstance(value, dict):
        found = {key for key in value if not key.startswith("@")}
        kind = {value["@type"]} if "@type" in value else set()
        return found | kind | {t for inner in value.values() for t in terms(inner)}
    return {t for inner in value for t in terms(inner)} if isinstance(value, list) else set()


def test_the_claim_review_uses_terms_of_schema_org_only_and_gives_no_number() -> None:
    review = json.loads(made()["en.claimreview.json"])
    known = set(SDO.__annotations__)
    assert terms(review) - known == set()
    assert review["reviewRating"] == {"@type": "Rating", "alternateName": "Inaccurate"}
    assert review["claimReviewed"] == " ".join(TEXTS[d.Part.CIRCULATES][0].split())


def test_our_own_reader_of_reviews_reads_our_page() -> None:
    blocks = list(blocks_of(LexborHTMLParser(made()["index.html"].decode())))
    found = [
        review_of_jsonld(node, "https://c.example/r-1/", datetime(2026, 3, 15, tzinfo=UTC))
        for block in blocks
        for node in nodes_of(block)
    ]
    told = {t.split(" <script>")[0] for t in TEXTS[d.Part.CIRCULATES]}
    assert {r.claim.split("  !")[0] for r in found} == told, "the reader takes markup out"
    assert {r.rating for r in found} == {"Inaccurate", "不实", "不實"}


def test_the_feed_reads_back_and_a_withdrawn_release_says_so() -> None:
    pages = bundle.site([release(withdrawn=True), release()], COALITION, "https://c.example/")
    feed = feedparser.parse(pages["feed.zh-Hant.xml"])
    assert not feed.bozo
    assert [e.title for e in feed.entries] == ["[已撤回] 火已撲滅，全員平安", "火已撲滅，全員平安"]
    assert "the count was wrong <i>" in feed.entries[0].content[0].value
    page = bundle.site([release(withdrawn=True)], COALITION, "https://c.example/")["r-1/index.html"]
    assert "the count was wrong &lt;i&gt;" in page.decode()


def test_one_partner_alone_signs_alone_and_says_so() -> None:
    text = bundle.plain(shown("en", alone=True))
    assert "Alpha" in text and "Beta" not in text
    assert "not a joint statement" in text
    assert shown("en", alone=True).heading == COALITION.partners[0].names["en"]


@pytest.mark.parametrize(
    ("text", "segments"), [("a" * 158, 1), ("a" * 159, 2), ("火" * 68, 1), ("火" * 69, 2), ("😀" * 34, 1)]
)
def test_lengths_of_text_messages_count_what_the_phone_company_counts(text: str, segments: int) -> None:
    bare = replace(shown("en"), heading="C", sentences=(Sentence(d.Part.KNOWN, text, ()),))
    assert short(bare).text == f"C\n{text}"
    assert short(bare).segments == segments


def test_equal_releases_give_equal_archives_with_their_hashes() -> None:
    once = {k: v for k, v in made().items() if not k.endswith((".docx", "SUMS"))}
    again = {
        k: v for k, v in bundle.files(release(), COALITION, "https://c.example/r-1/").items() if k in once
    }
    assert bundle.archive(once, "r-1") == bundle.archive(again, "r-1")
    with zipfile.ZipFile(io.BytesIO(bundle.archive(made(), "r-1"))) as packed:
        assert packed.read("r-1/consented.json").decode() == release().content
        assert len(packed.read("r-1/SHA256SUMS").splitlines()) == len(made()) - 1


@pytest.mark.parametrize(
    "address", ["http://c.example/", "https://c.example", "javascript:alert(1)/", "https://c .example/"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="slash at its end"):
        bundle.files(release(), COALITION, address)


def test_a_language_that_a_statement_lacks_is_named() -> None:
    with pytest.raises(DraftError, match="no text in fr"):
        notice(release(), COALITION, "fr")


def test_the_coalitions_own_rating_is_exported_in_the_words_it_had_when_chosen() -> None:
    held = release()
    own = replace(
        held.document, rating="out_of_context", rating_names={"en": "Out of context", "zh-Hant": "斷章取義"}
    )
    told = replace(held, content=d.to_json(own))
    assert notice(told, COALITION, "yue-Hant").rating == "斷章取義"
    assert notice(told, COALITION, "zh-Hans").rating == "out_of_context"
    assert d.from_json(d.to_json(own)) == own


def test_a_correction_of_a_correction_names_what_it_corrects_in_every_form() -> None:
    first, second = release(withdrawn=True), replace(release(), release_id="r-2", follows="r-1")
    forms = bundle.files(second, COALITION, earlier=first)
    for form, read in READERS.items():
        told = read(forms[f"zh-Hans.{form}"])
        assert "火已扑灭，全员平安 (2026-03-13, r-1)" in told, form
    pages = bundle.site([second, first], COALITION, "https://c.example/")
    assert "本声明更正此前的声明" in pages["r-2/index.html"].decode()
