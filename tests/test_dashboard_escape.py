"""Strangers' text becomes text: no markup, no control over the page, no link that is not a web address."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.escape import BIDI, ZERO_WIDTH, host_of, marked, plain, web_address
from dashboard.render import render
from dashboard.rows import PostCard
from dashboard.times import Clock
from dashboard.words import Words
from hostile import ADDRESSES, TEXTS

NOW = datetime(2026, 3, 16, 5, 40, tzinfo=UTC)
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff" + "".join(BIDI) + "]")


class Shape(HTMLParser):
    """Collects what a browser would build from a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.said = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


def shape(html: str) -> Shape:
    parser = Shape()
    parser.feed(html)
    parser.close()
    return parser


def post(text: str, url: str | None = None) -> PostCard:
    return PostCard(
        post_id="test:1",
        role="carries",
        joined_by="similar",
        asks=True,
        similarity=0.5,
        platform=text[:50],
        source="s",
        title=text[:300],
        text="said " + text,
        text_length=len(text) + 5,
        script="hans",
        foldings=[text[:40]],
        url=url,
        author_key=text[:16] or None,
        published_at=NOW,
        published_precision="exact",
        collected_at=NOW,
        likes=None,
        reposts=3,
        replies=None,
        views=None,
        counts_precision="exact",
        media=[text[:40]],
    )


def page(text: str, url: str | None = None) -> str:
    words = Words("en")
    clock = Clock.at(words, UTC, NOW, NOW)
    return str(
        render(
            "post",
            words=words,
            clock=clock,
            post=post(text, url),
            cut=False,
            language="zh-Hans",
            foldings=[text],
        )
    )


def test_the_corpus_is_large_enough() -> None:
    assert len(TEXTS) + len(ADDRESSES) >= 60


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_hostile_post_builds_no_element_of_its_own(text: str) -> None:
    allowed = {"article", "p", "span", "time", "b", "div", "code", "a"}
    built = shape(page(text))
    assert {tag for tag, _ in built.tags} <= allowed
    for tag, attributes in built.tags:
        for name, value in attributes:
            assert not name.startswith("on"), (tag, name)
            assert name in {"class", "title", "lang", "dir", "datetime", "href"}, (tag, name, value)
    assert not ACTING.search(built.said)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_visible_character_is_still_there(text: str) -> None:
    hidden = set(BIDI) | set(ZERO_WIDTH)
    wanted = [c for c in text if c.isprintable() and c not in hidden and not c.isspace()]
    names = "|".join((*BIDI.values(), *ZERO_WIDTH.values()))
    shown = shape(re.sub(rf'<span class="hid"[^>]*>(?:{names})</span>', "", str(marked(text)))).said
    kept = [c for c in shown if c.isprintable() and not c.isspace()]
    assert "".join(wanted) == "".join(c for c in kept if c not in "\ufffd␛␀␇␈␡␍␋")


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_marked_text_is_one_run_of_text_whatever_it_was(text: str) -> None:
    built = shape(str(marked(text)))
    assert all(tag == "span" and dict(attrs)["class"] == "hid" for tag, attrs in built.tags)
    assert not ACTING.search(built.said)
    built.said.encode("utf-8")


@given(st.text(alphabet=st.characters(codec=None), max_size=200))
def test_plain_text_never_commands_and_can_be_sent(text: str) -> None:
    assert not ACTING.search(plain(text))
    plain(text).encode("utf-8")


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_hostile_address_is_shown_but_never_linked_unless_it_is_a_web_address(address: str) -> None:
    links = [dict(attrs)["href"] for tag, attrs in shape(page("x", address)).tags if tag == "a"]
    assert all(link and link.startswith("/desk/leave?to=http") for link in links), "a warning comes first"
    if not address.startswith("https://е"):
        assert not links


def test_the_host_shown_is_the_host_asked() -> None:
    assert web_address("https://example.com/a?b=1#c") == "https://example.com/a?b=1#c"
    assert host_of("https://EXAMPLE.com:8443/x") == "example.com:8443"
    assert web_address("https://example.com:99999/") is None
    assert host_of("https://еxаmple.com/").startswith("xn--"), "Cyrillic look-alikes must not pass as Latin"
    opened = dict(next(attrs for tag, attrs in shape(page_with_link()).tags if tag == "a"))
    assert opened["rel"] == "noopener noreferrer nofollow"


def page_with_link() -> str:
    return page("x", "https://example.com/")


def test_hidden_characters_are_made_visible_not_dropped() -> None:
    assert 'title="U+200B"' in marked("不\u200b实")
    assert 'title="U+202E"' in marked("a\u202eb")
    assert plain("a\u202eb") == "a⟪RLO⟫b"
    assert "👨‍👩‍👧‍👦" in marked("👨‍👩‍👧‍👦"), "joiners of emoji stay"
