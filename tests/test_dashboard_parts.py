"""The desk's small parts: times, spark lines, timeline, neighbours, the server's headers and the command's refusals."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.address import ListView
from dashboard.cli import check_port, check_reach, dashboard, free_port, is_loopback
from dashboard.differences import difference
from dashboard.listing import neighbours
from dashboard.paths import local_path
from dashboard.reading import folded
from dashboard.rows import Hour
from dashboard.serve import content_security_policy
from dashboard.times import Clock, zone_named
from dashboard.why import told_why
from dashboard.widgets.cards import SPARK_HOURS, spark
from dashboard.widgets.timeline import FEWEST_BARS, MOST_BARS, bars
from dashboard.words import Words
from pipeline.accounts import Accounts
from pipeline.accounts_samples import make_samples
from pipeline.errors import UsageError
from pipeline.paths import DataDir

NOW = datetime(2026, 3, 16, 5, 40, tzinfo=UTC)
HOUR = NOW.replace(minute=0)


@pytest.mark.parametrize(
    ("back", "told"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3, minutes=50), "3 h ago"),
        (timedelta(days=3), "3 d ago"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(days=400), "Feb 9, 2025, 05:40"),
    ],
)
def test_ages(back: timedelta, told: str) -> None:
    assert Clock.at(Words("en"), UTC, NOW, NOW).age(NOW - back) == told


def test_history_counts_from_its_last_moment_and_live_data_from_now() -> None:
    words, later = Words("en"), NOW + timedelta(days=200)
    old, live = Clock.at(words, UTC, NOW, later), Clock.at(words, UTC, NOW, NOW + timedelta(hours=1))
    assert (old.live, old.age(NOW - timedelta(hours=2))) == (False, "2 h ago")
    assert (live.live, live.age(NOW - timedelta(hours=2))) == (True, "3 h ago")


def test_times_are_in_the_readers_zone_and_unknown_stays_unknown() -> None:
    clock = Clock.at(Words("zh-Hant"), ZoneInfo("America/Los_Angeles"), NOW, NOW)
    assert clock.absolute(NOW) == "3月15日 22:40"
    assert clock.age(None) == clock.absolute(None) == clock.exact(None) == "未知"
    assert zone_named("No/Such_Zone") is UTC
    assert zone_named("../../etc/passwd") is UTC
    assert zone_named(None) is UTC


def test_a_spark_line_ends_now_and_forgets_what_is_older() -> None:
    hours = [
        Hour(HOUR, 4, 0, 0),
        Hour(HOUR - timedelta(hours=SPARK_HOURS), 99, 0, 0),
        Hour(HOUR - timedelta(hours=1), 2, 1, 0),
    ]
    drawn = spark(hours, NOW)
    assert drawn.peak == 4
    assert drawn.shape.endswith("100.00% 0.0%, 100% 100%)")
    assert "98.61% 50.0%" in drawn.shape
    assert spark([], NOW).peak == 0


@given(
    st.dictionaries(
        st.integers(0, 5_000),
        st.tuples(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50)),
        min_size=1,
    )
)
def test_the_timeline_counts_every_post_once(counts: dict[int, tuple[int, int, int]]) -> None:
    hours = [Hour(HOUR + timedelta(hours=h), *counts[h]) for h in sorted(counts)]
    step, drawn = bars(hours, hours[-1].hour + timedelta(minutes=59))
    assert sum(bar.posts for bar in drawn) == sum(p for p, _, _ in counts.values())
    assert sum(bar.enquiries for bar in drawn) == sum(e for _, e, _ in counts.values())
    assert drawn[0].begins <= hours[0].hour and drawn[-1].begins + timedelta(hours=step) > hours[-1].hour
    assert len(drawn) <= MOST_BARS + 1 and step * len(drawn) >= FEWEST_BARS
    for bar in drawn:
        heights = [float(bar.height(n)[:-1]) for n in (bar.other, bar.enquiries, bar.corrections)]
        assert sum(heights) <= 100.2


def test_no_hours_no_bars() -> None:
    assert bars([], NOW) == (1, [])


@given(st.text("死亡人数12上升", max_size=30), st.text("死亡人數12上升", max_size=30))
def test_a_difference_gives_back_both_texts(base: str, other: str) -> None:
    pieces = difference(base, other)
    assert "".join(p.text for p in pieces if p.kind != "missing") == other
    assert "".join(p.was or p.text for p in pieces if p.kind != "added") == base


def test_neighbours_follow_the_list() -> None:
    ids = ("a", "b", "c")
    assert neighbours(ids, "a") == (None, "b")
    assert neighbours(ids, "c") == ("b", None)
    assert neighbours(ids, "gone") == (None, "a")
    assert neighbours((), "a") == (None, None)


@given(
    st.dictionaries(
        st.sampled_from(
            ["platform", "script", "place", "time", "who", "status", "text", "look", "read", "page"]
        ),
        st.text(max_size=300),
    )
)
def test_an_address_is_bounded_and_survives_a_round_trip(params: dict[str, str]) -> None:
    view = ListView.read_from(params)
    assert ListView.read_from(view.params()) == view
    assert all(len(value) <= 100 for value in view.params().values())


@pytest.mark.parametrize(
    "referer",
    [
        "//evil.example/",
        "https://evil.example/claim",
        "/\\evil.example",
        "javascript:1",
        "/../x",
        None,
        "http://[bad",
    ],
)
def test_the_way_back_never_leaves_the_desk(referer: str | None) -> None:
    path = local_path(referer)
    assert path.split("?")[0] in {"/", "/claim"}
    assert "evil" not in path


def test_the_way_back_keeps_the_view() -> None:
    assert local_path("/claim?incident=a&claim=b") == "/claim?incident=a&claim=b"


def test_the_policy_names_nobody_but_ourselves() -> None:
    policy = content_security_policy()
    assert "http" not in policy and "*" not in policy and "unsafe-eval" not in policy
    assert "'sha256-" in policy, "Streamlit's own inline script is allowed by its hash, no other"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_listening_beyond_this_machine_is_refused(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without accounts, with sample accounts, and without TLS; a proxy's name counts as beyond."""
    monkeypatch.setenv("CHENGQING_DATA", str(tmp_path))
    data = DataDir(tmp_path)
    assert not is_loopback(host)
    with pytest.raises(UsageError, match="without sign-in"):
        dashboard.main(["--host", host, "--no-browser"], standalone_mode=False)
    with pytest.raises(UsageError, match="without sign-in"):
        check_reach(data, "127.0.0.1", [host], safe=True)
    make_samples(data)
    with pytest.raises(UsageError, match="sample accounts"):
        check_reach(data, host, [], safe=True)
    accounts = Accounts(data.accounts)
    for account in accounts.everybody():
        accounts.disable(account.person.user_id, by="test")
    with pytest.raises(UsageError, match="without TLS"):
        check_reach(data, host, [], safe=False)
    check_reach(data, host, [], safe=True)
    check_reach(data, "127.0.0.1", [host], safe=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


def test_a_port_in_use_is_said_before_anything_starts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UsageError, match="cannot be used"):
            check_port("127.0.0.1", taken.getsockname()[1])
    check_port("127.0.0.1", free_port("127.0.0.1"))


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("words 0.30, sounds 0.27, meaning 0.69", "用词 0.30，读音 0.27，语义 0.69"),
        (
            "corrects; words 0.18, sounds 0.17; places differ: 唐人街, 日落区 / 上海; numbers differ: 4, 5 / 94108; "
            "3 years apart, meaning 0.56",
            "其中一条在澄清另一条，用词 0.18，读音 0.17，地点不同：唐人街, 日落区 / 上海，数字不同：4, 5 / 94108，"
            "相隔 3 年，语义 0.56",
        ),
        ("a form that a later version tells", "a form that a later version tells"),
    ],
)
def test_why_a_match_was_suggested_is_told_in_the_desks_language(why: str, told: str) -> None:
    assert told_why(Words("zh-Hans"), why) == told


def test_a_folding_tells_its_reason_in_the_desks_language() -> None:
    assert folded(Words("zh-Hant"), "華埠→唐人街 (region)") == "華埠→唐人街（地區用詞）"
    assert folded(Words("en"), "a (b)→c (look-alike)") == "a (b)→c (look-alike)"
    assert folded(Words("en"), "told otherwise") == "told otherwise"
