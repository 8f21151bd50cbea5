"""Counts, times and HTML as sites show them."""

from __future__ import annotations

import html
import re
import time
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.text import clean, decode, html_to_text, links_of, parse_count
from crawlers.times import CHINA, parse_time
from pipeline.records import Precision

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "count", "rounded"),
    [
        ("1.2万", 12_000, True),
        ("1.2萬", 12_000, True),
        ("10万+", 100_000, True),
        ("100000+", 100_000, True),
        ("1.67K", 1_670, True),
        ("12.3k", 12_300, True),
        ("1.1M", 1_100_000, True),
        ("2亿", 200_000_000, True),
        ("3,421", 3_421, False),
        ("１２", 12, False),
        (" 7 ", 7, False),
        (0, 0, False),
        (41, 41, False),
        ("", None, False),
        ("赞", None, False),
        ("转发", None, False),
        (None, None, False),
        (True, None, False),
        (-3, None, False),
        ("-3", None, False),
        (float("nan"), None, False),
        (float("inf"), None, False),
        (2**70, None, False),
        ("9" * 39, None, False),
        ("1.2.3", None, False),
    ],
)
def test_displayed_counts(shown: object, count: int | None, rounded: bool) -> None:
    assert parse_count(shown) == (count, rounded)


@pytest.mark.parametrize(
    ("shown", "expected", "precision"),
    [
        ("2026-03-13T05:46:00Z", "2026-03-13T05:46:00", "exact"),
        ("2026-03-13T05:46:00.123Z", "2026-03-13T05:46:00.123", "exact"),
        ("2012-09-11T11:34:22+08:00", "2012-09-11T03:34:22", "exact"),
        ("2026-03-13 05:46:00", "2026-03-12T21:46:00", "exact"),
        ("2026-3-13 5:46", "2026-03-12T21:46:00", "minute"),
        ("2026/3/13 05:46", "2026-03-12T21:46:00", "minute"),
        ("2026年3月13日", "2026-03-12T16:00:00", "day"),
        ("2026年3月13日 下午2:05", "2026-03-13T06:05:00", "minute"),
        ("3月13日 14:05", "2026-03-13T06:05:00", "minute"),
        ("11-22 10:00", "2025-11-22T02:00:00", "minute"),
        ("3分钟前", "2026-03-15T11:57:00", "minute"),
        ("2 小時前", "2026-03-15T10:00:00", "hour"),
        ("5 minutes ago", "2026-03-15T11:55:00", "minute"),
        ("3 天前", "2026-03-12T12:00:00", "day"),
        ("昨天 12:30", "2026-03-14T04:30:00", "minute"),
        ("昨天\u00a012:30", "2026-03-14T04:30:00", "minute"),
        ("前天", "2026-03-12T16:00:00", "day"),
        ("刚刚", "2026-03-15T12:00:00", "minute"),
        ("Wed Oct 19 23:44:36 +0800 2022", "2022-10-19T15:44:36", "exact"),
        ("Fri, 13 Mar 2026 05:46:00 GMT", "2026-03-13T05:46:00", "exact"),
        ("13 Mar 2026 05:46:00 +0800", "2026-03-12T21:46:00", "exact"),
        (1773380760, "2026-03-13T05:46:00", "exact"),
        ("1773380760000", "2026-03-13T05:46:00", "exact"),
    ],
)
def test_displayed_times(shown: object, expected: str, precision: str) -> None:
    moment, mark = parse_time(shown, NOW, CHINA)
    assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC) and mark == precision


@pytest.mark.parametrize(
    "shown",
    [
        "",
        None,
        "昨",
        "9999个月前",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "2026-13-40",
        "2026-02-30 10:00",
        "25:61",
        "99999",
        True,
        [],
        "1" * 90,
        float("nan"),
    ],
)
def test_what_is_no_time_is_unknown(shown: object) -> None:
    assert parse_time(shown, NOW, CHINA) == (None, Precision.UNKNOWN)


def test_a_time_without_zone_is_unknown_rather_than_wrong() -> None:
    assert parse_time("2026-03-13 05:46:00", NOW, None)[0] is None
    assert parse_time("2026-03-13T05:46:00+08:00", NOW, None)[0] is not None


FORMS = (
    "{}-{}-{}T{}:{}:{}Z", "{}-{}-{}T{}:{}:{}.{}-{}:{}", "{}-{}-{} {}:{}", "{}年{}月{}日 下午{}:{}", "{}月{}日 {}:{}",
    "{}分钟前", "{}个月前", "{} weeks ago", "{}天前", "昨天 {}:{}",
    "Wed Oct {} {}:{}:{} +{} {}", "Fri, {} Mar {} {}:{}:{} +{}",
    "{}", "{}.{}万", "{}e{}", "{}w+", "{},{}亿",
)  # fmt: skip
NUMBERS = st.integers(0, 10**6).map(str) | st.sampled_from(
    ["00", "0000", "0001", "1970", "9999", "60", "24", "٣"]
)


@st.composite
def _nearly(draw: st.DrawFn) -> str:
    """What a site or a joker might write: the right form, any numbers."""
    form = draw(st.sampled_from(FORMS))
    return form.format(*(draw(NUMBERS) for _ in range(form.count("{}"))))


@given(
    st.one_of(_nearly(), st.text(max_size=90), st.integers(), st.floats(), st.none(), st.datetimes()),
    st.sampled_from([CHINA, ZoneInfo("America/Los_Angeles"), ZoneInfo("Pacific/Kiritimati"), None]),
)
def test_no_input_breaks_the_parsers(shown: object, zone: tzinfo | None) -> None:
    moment, mark = parse_time(shown, NOW, zone)
    assert (moment is None) == (mark == Precision.UNKNOWN) or mark == Precision.UNKNOWN
    assert moment is None or (moment.utcoffset() == timedelta(0) and 1990 <= moment.year <= 2100)
    number, _ = parse_count(shown)
    assert number is None or 0 <= number <= 2**53


@given(st.text(max_size=300))
def test_text_shown_as_html_comes_back(text: str) -> None:
    shown = re.sub(" +", " ", "".join(c for c in clean(text) if c.isprintable())).strip()
    assert html_to_text(f"<p>{html.escape(shown)}</p>") == shown
    assert html_to_text(f"<div>{html.escape(shown)}</div>") == shown


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("plain &amp; <", "plain & <"),
        ("<p>一<br />\n二</p>\n<p>三</p>", "一\n二\n\n三"),
        ("<div><ul><li>a</li><li>b</li></ul></div>c", "a\nb\nc"),
        ("<script>alert(1)</script><style>p{}</style>ok", "ok"),
        ('<p style="display: none">hidden</p>ok', "ok"),
        ('<img alt="[笑]" src="//x">后', "[笑]后"),
        ("<p>1 &lt; 2 &amp;amp; 3</p>", "1 < 2 &amp; 3"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<!-- x --><p>y</p>", "y"),
    ],
)
def test_html_to_text(fragment: str, text: str) -> None:
    assert html_to_text(fragment) == text


def test_deep_and_broken_html_ends() -> None:
    started = time.process_time()
    assert html_to_text("<div>" * 200_000 + "deep") == "deep"
    assert html_to_text("<b>" * 200_000 + "bold") == "bold"
    assert html_to_text("<div>" + " " * 200_000 + "<i title=''>wide</i>" + "<br> " * 50_000) == "wide"
    assert html_to_text("<ul>" + "<p>many<li>open" * 3_000).startswith("many")
    assert time.process_time() - started < 5
    assert html_to_text("<div>" * 1_000 + "still read" + "</div>" * 1_000) == "still read"
    assert html_to_text("<div><p><b>unclosed <i>tags &bogus;").startswith("unclosed tags")


def test_links_are_web_addresses_once_each_and_bounded() -> None:
    fragment = '<a href="https://a.example/?x=1&amp;y=2">1</a><a href="javascript:x">2</a><a href="https://a.example/?x=1&amp;y=2">'
    assert links_of(fragment) == ("https://a.example/?x=1&y=2",)
    assert len(links_of("".join(f'<a href="https://a.example/{n}">' for n in range(500)))) == 50


@pytest.mark.parametrize("name", ["gbk", "gb2312", "GBK"])
def test_gbk_pages_are_read_as_gb18030(name: str) -> None:
    text = "唐人街㐀𠮷"  # the last two are outside GBK
    head = f'<meta http-equiv="Content-Type" content="text/html; charset={name}">'
    assert decode((head + text).encode("gb18030"), "text/html").endswith(text)
    assert decode(text.encode("gb18030"), f"text/html; charset={name}") == text


def test_encodings_by_mark_header_and_default() -> None:
    assert decode("漢字".encode("utf-16")) == "漢字"
    assert decode(b"\xef\xbb\xbf" + "漢字".encode()) == "漢字"
    assert decode("漢字".encode("big5"), "text/html; charset=big5") == "漢字"
    assert decode("漢字".encode(), "text/html; charset=no-such") == "漢字"


def test_lone_surrogates_and_nul_cannot_reach_a_store() -> None:
    assert clean("a\0b\ud800c") == "ab\ufffdc"
    clean("a\ud83d\ude00b").encode()
