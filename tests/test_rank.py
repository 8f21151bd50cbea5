"""Ranking: the score is what is shown, only what was known counts, and known attacks on it do not work."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from pipeline.collect import collect
from pipeline.rank import SIGNALS, RankConfig, rank
from pipeline.raw import observations
from pipeline.records import Post
from pipeline.tables import CLAIM_POSTS, RANKED_CLAIMS

AS_OF = datetime(2026, 3, 13, 12, tzinfo=UTC)
POINTS = tuple(c.name for c in RANKED_CLAIMS.columns if c.name.endswith("_points"))


def hours_ago(hours: float, number: int, **values: Any) -> Post:
    at = AS_OF - timedelta(hours=hours)
    base = Post(
        f"feed:{number}", "s", "feed", "x", at, "crawl", "test", author_key=str(number), published_at=at
    )
    return replace(base, **values)


def ranked(claims: dict[str, list[tuple[Post, str, bool]]]) -> dict[str, dict[str, Any]]:
    """Rank claims given as (post, role, asks)."""
    posts = collect(observations([post for members in claims.values() for post, _, _ in members]))
    rows: Iterable[dict[str, object]] = (
        {"claim_id": claim, "post_id": post.post_id, "role": role, "joined_by": "similar", "asks": asks}
        for claim, members in claims.items()
        for post, role, asks in members
    )
    found = rank(posts, CLAIM_POSTS.from_rows(list(rows)), AS_OF)["ranked_claims"]
    return {row["claim_id"]: row for row in found.to_pylist()}


def wilson(p: float, n: int, z: float = 1.96) -> float:
    return (p + z * z / (2 * n) - z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)


def carrying(*posts: Post) -> list[tuple[Post, str, bool]]:
    return [(post, "carries", False) for post in posts]


def test_the_score_is_exactly_what_is_shown(sample_template: Any) -> None:
    import pyarrow.parquet as pq

    files = list(sample_template.lake("sf-harbor-lane-fire").glob("ranked_claims/*.parquet"))
    rows = pq.read_table(files[0]).to_pylist()
    assert len(rows) > 100
    for row in rows:
        assert row["score"] == pytest.approx(sum(row[name] for name in POINTS), abs=1e-9)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


def test_enquiries_are_the_lower_bound_of_wilsons_interval() -> None:
    members = carrying(hours_ago(1, 0)) + [(hours_ago(1, n), "replies", n <= 3) for n in range(1, 10)]
    found = ranked({"a": members})["a"]["enquiry_share"]
    assert found == pytest.approx(wilson(0.3, 10), abs=1e-4)


def test_a_post_that_corrects_is_no_enquiry_and_closes_the_gap() -> None:
    members = [*carrying(hours_ago(1, 0)), (hours_ago(1, 1), "corrects", True)]
    found = ranked({"a": members})["a"]
    assert found["enquiry_share"] == 0
    assert found["debunk_gap"] == pytest.approx(wilson(0.5, 2), abs=1e-4)


def test_a_claim_of_corrections_alone_divides_by_nothing() -> None:
    found = ranked({"a": [(hours_ago(1, 0), "corrects", False)]})["a"]
    assert found["enquiry_share"] == 0
    assert math.isfinite(found["score"])


def test_what_comes_later_is_not_known_yet() -> None:
    claims = {"a": carrying(hours_ago(1, 0), hours_ago(-1, 1)), "b": carrying(hours_ago(-2, 2))}
    found = ranked(claims)
    assert found["a"]["recent_posts"] == 1
    assert (found["b"]["rank"], found["b"]["score"]) == (2, 0)


def test_a_new_claim_of_three_posts_outranks_an_old_large_one() -> None:
    old = carrying(*(hours_ago(30 - n / 10, n) for n in range(100)))
    new = carrying(*(hours_ago(0.1, 200 + n) for n in range(3)))
    assert ranked({"old": old, "new": new})["new"]["rank"] == 1


def test_a_dying_rumor_sinks() -> None:
    dying = carrying(*(hours_ago(4, n) for n in range(20)), hours_ago(1, 20))
    rising = carrying(*(hours_ago(4, 100 + n) for n in range(1)), *(hours_ago(1, 200 + n) for n in range(20)))
    found = ranked({"dying": dying, "rising": rising})
    assert found["rising"]["rank"] < found["dying"]["rank"]
    assert found["dying"]["growth"] < 0 < found["rising"]["growth"]


def test_a_signal_that_is_not_there_adds_nothing() -> None:
    found = ranked(
        {
            "old": carrying(hours_ago(30, 1)),
            "new": carrying(hours_ago(1, 2, likes=3), hours_ago(1, 3, likes=1)),
        }
    )
    old = found["old"]
    assert (old["growth_points"], old["burst_points"], old["enquiry_points"], old["engagement_points"]) == (
        0,
        0,
        0,
        0,
    )
    assert found["new"]["growth_points"] > 0 < found["new"]["engagement_points"]


def test_a_bot_storm_of_one_author_spreads_less_than_people() -> None:
    bot = carrying(*(hours_ago(1, n, author_key="bot") for n in range(20)))
    people = carrying(*(hours_ago(1, 100 + n) for n in range(20)))
    found = ranked({"bot": bot, "people": people})
    assert found["people"]["spread"] > found["bot"]["spread"]
    assert found["people"]["rank"] < found["bot"]["rank"]


def test_unknown_counts_are_no_engagement_of_zero() -> None:
    found = ranked(
        {"a": carrying(hours_ago(1, 0)), "b": carrying(hours_ago(1, 1, likes=5), hours_ago(1, 2, likes=0))}
    )
    assert found["a"]["engagement"] is None
    assert found["b"]["engagement"] == 1


def test_engagement_is_compared_within_its_platform() -> None:
    busy = [hours_ago(1, n, likes=1000 + n, platform="weibo") for n in range(5)]
    small = [hours_ago(1, 10 + n, likes=n, platform="forum") for n in range(5)]
    found = ranked({"busy": carrying(*busy), "small": carrying(*small)})
    assert found["busy"]["engagement"] == found["small"]["engagement"] == 1


def test_equal_claims_are_ordered_by_id_and_input_order_never_matters() -> None:
    claims = {name: carrying(hours_ago(1, n)) for n, name in enumerate("cab")}
    assert [c for c, _ in sorted(ranked(claims).items(), key=lambda i: i[1]["rank"])] == ["a", "b", "c"]


def test_an_empty_incident_gives_empty_tables() -> None:
    found = rank(collect(observations([])), CLAIM_POSTS.schema.empty_table(), AS_OF, RankConfig())
    assert {name: table.num_rows for name, table in found.items()} == {
        "claim_hours": 0,
        "ranked_claims": 0,
        "rank_signals": len(SIGNALS),
    }
    assert isinstance(found["ranked_claims"], pa.Table)
