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
from pipeline.rank import SIGNALS, RankConfig, RankInputs, rank
from pipeline.raw import observations
from pipeline.records import Post
from pipeline.tables import CLAIM_MATCHES, CLAIM_POSTS, RANKED_CLAIMS

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


# -- attacks and accidents ---------------------------------------------------------------------------------------------


def test_an_account_that_asks_twenty_times_asks_once() -> None:
    storm = [(hours_ago(1, n, author_key="bot"), "replies", True) for n in range(1, 21)]
    found = ranked({"a": [*carrying(hours_ago(1, 0)), *storm]})["a"]
    assert (found["enquirers"], found["recent_voices"], found["recent_posts"]) == (1, 2, 21)


def test_one_text_pasted_by_nameless_authors_is_one_voice() -> None:
    posts = [hours_ago(1, n, author_key=None) for n in range(12)]
    pasted = ranked({"a": carrying(*posts)})["a"]
    assert pasted["recent_voices"] == 12  # each its own words
    same = [{"claim_id": "a", "post_id": p.post_id, "role": "carries", "joined_by": "exact", "asks": False,
             "variant_key": "t1"} for p in posts]  # fmt: skip
    found = rank(collect(observations(posts)), CLAIM_POSTS.from_rows(same), AS_OF)[
        "ranked_claims"
    ].to_pylist()
    assert found[0]["recent_voices"] == 1
    assert found[0]["copy_share"] == pytest.approx(11 / 12, abs=1e-6)


def test_what_is_said_weighs_as_much_in_the_mouth_of_one() -> None:
    claims = {"one": carrying(hours_ago(0.5, 1)), "old": carrying(hours_ago(24, 2), hours_ago(25, 3))}
    posts = collect(observations([post for members in claims.values() for post, _, _ in members]))
    rows = [{"claim_id": name, "post_id": post.post_id, "role": "carries", "joined_by": "alone", "asks": False}
            for name, members in claims.items() for post, _, _ in members]  # fmt: skip
    inputs = RankInputs(
        exemplars=pa.table({"claim_id": list(claims), "text_key": ["t", "t"]}),
        texts=pa.table({"text_key": ["t"], "match_text": ["今晚海港巷停水 三人中毒死亡"]}),
    )
    found = rank(posts, CLAIM_POSTS.from_rows(rows), AS_OF, None, inputs)["ranked_claims"].to_pylist()
    one, old = found
    assert (one["claim_id"], one["harm"]) == ("one", old["harm"])
    assert one["newness"] == pytest.approx(0.5 ** (0.5 / 3), abs=1e-6)
    assert one["harm_points"] == pytest.approx(one["newness"] * 1000 / 61, abs=1e-2)
    assert one["harm_points"] > 100 * old["harm_points"]
    assert one["spread_points"] < one["newness"] * 1000 / 61 / 2  # what others do with it needs others


def test_reactions_that_triage_taught_are_points() -> None:
    claims = {name: carrying(hours_ago(1, 10 * n), hours_ago(1, 10 * n + 1)) for n, name in enumerate("abc")}
    posts = collect(observations([post for members in claims.values() for post, _, _ in members]))
    rows = [{"claim_id": name, "post_id": post.post_id, "role": "carries", "joined_by": "alone", "asks": False}
            for name, members in claims.items() for post, _, _ in members]  # fmt: skip
    inputs = RankInputs(reactions=pa.table({"claim_id": ["a", "b"], "reactions": [0.2, 0.9]}))
    found = rank(posts, CLAIM_POSTS.from_rows(rows), AS_OF, None, inputs)["ranked_claims"].to_pylist()
    points = {row["claim_id"]: row["reactions_points"] for row in found}
    assert [row["claim_id"] for row in found] == ["b", "a", "c"]
    assert points["b"] > points["a"] > points["c"] == 0
    assert all(row["score"] == pytest.approx(sum(row[name] for name in POINTS), abs=1e-9) for row in found)


@pytest.mark.parametrize("role", ["carries", "repeats"])
def test_a_celebrity_lifts_a_claim_no_further_than_first_place_in_one_signal(role: str) -> None:
    star = [
        *carrying(hours_ago(1, 1, likes=1)),
        (hours_ago(1, 0, likes=50_000_000, reposts=9_000_000), role, False),
    ]
    asked = [
        *carrying(hours_ago(1, 10, likes=2)),
        *((hours_ago(1, 10 + n, likes=1), "replies", True) for n in range(1, 9)),
    ]
    found = ranked({"star": star, "asked": asked})
    assert found["star"]["engagement"] == 1
    assert found["asked"]["rank"] == 1


def test_what_is_posted_back_in_time_does_not_burst() -> None:
    late = [
        replace(hours_ago(40, n), collected_at=AS_OF) for n in range(30)
    ]  # published long ago, found just now
    fresh = carrying(*(hours_ago(0.5, 100 + n) for n in range(3)))
    found = ranked({"late": carrying(*late), "fresh": fresh})
    assert (found["late"]["recent_posts"], found["late"]["growth_points"]) == (0, 0)
    assert found["fresh"]["rank"] == 1


def test_a_post_dated_ahead_counts_from_when_it_was_seen() -> None:
    ahead = replace(hours_ago(-5, 0), collected_at=AS_OF - timedelta(hours=1))
    assert ranked({"a": carrying(ahead)})["a"]["recent_posts"] == 1


def test_a_post_that_was_deleted_still_counts_as_it_was_seen() -> None:
    seen, again = hours_ago(2, 0, likes=9), hours_ago(1, 1)
    later = replace(
        again, crawl_id="crawl2", collected_at=AS_OF
    )  # the second crawl no longer finds the first post
    posts = collect(observations([seen, again, later]))
    rows = [{"claim_id": "a", "post_id": f"feed:{n}", "role": "carries", "joined_by": "similar", "asks": False}
            for n in range(2)]  # fmt: skip
    found = rank(posts, CLAIM_POSTS.from_rows(rows), AS_OF)["ranked_claims"].to_pylist()[0]
    assert (found["voices"], found["recent_posts"]) == (2, 2)


def test_three_posts_of_ten_minutes_are_enough_to_be_seen() -> None:
    claims = {
        f"old{n}": carrying(*(hours_ago(20 + n / 10, 100 * n + k) for k in range(1, 30)))
        for n in range(1, 40)
    }
    new = [(hours_ago(10 / 60, 9001 + n), "carries", False) for n in range(3)]
    found = ranked(claims | {"new": new})
    assert found["new"]["rank"] == 1
    assert found["new"]["freshness"] == pytest.approx(0.962, abs=1e-3)


def test_lasting_points_fade_with_the_claim() -> None:
    def asked(hours: float, start: int) -> list[tuple[Post, str, bool]]:
        replies = [(hours_ago(hours, start + n), "replies", True) for n in range(1, 6)]
        return [*carrying(hours_ago(hours, start)), *replies]

    found = ranked({"fresh": asked(0.1, 100), "day_old": asked(24, 200)})
    assert found["fresh"]["enquiry_share"] == found["day_old"]["enquiry_share"] > 0
    assert found["fresh"]["enquiry_points"] > 20 * found["day_old"]["enquiry_points"]


def test_a_claim_that_reaches_other_places_now_has_jumped() -> None:
    first = carrying(*(hours_ago(9, n, platform="weibo", source="weibo") for n in range(3)))
    then = carrying(*(hours_ago(1, 10 + n, platform="forum", source=f"forum{n}") for n in range(2)))
    found = ranked({"a": [*first, *then], "b": carrying(hours_ago(9, 50), hours_ago(1, 51))})
    assert (found["a"]["jump"], found["a"]["origin"], found["a"]["jumped_to"]) == (2, "weibo", ["forum"])
    assert found["a"]["jump_points"] > 0 == found["b"]["jump_points"]


def test_a_busy_hour_of_the_platform_is_no_burst_of_a_claim() -> None:
    """Every day at this hour the platform is busy: the same three posts burst less than on a steady platform."""
    days = [24.0 * day for day in range(1, 5)]
    busy = [(hours_ago(at + 0.5, int(at) * 1000 + n), "carries", False) for at in days for n in range(200)]
    steady = [(hours_ago(1 + 95 * n / 800, 9_000_000 + n), "carries", False) for n in range(800)]
    mine = carrying(*(hours_ago(0.5, 8_000_000 + n) for n in range(3)), hours_ago(30, 8_000_009))
    bursts = [ranked({"noise": noise, "mine": mine})["mine"]["burst"] for noise in (busy, steady)]
    assert 0 < bursts[0] < bursts[1]


def test_learned_weights_are_points_of_the_percentile() -> None:
    claims = {str(n): carrying(*(hours_ago(1, 100 * n + k) for k in range(1, n + 1))) for n in range(1, 5)}
    posts = collect(observations([post for members in claims.values() for post, _, _ in members]))
    rows = [{"claim_id": claim, "post_id": post.post_id, "role": "carries", "joined_by": "similar", "asks": False}
            for claim, members in claims.items() for post, _, _ in members]  # fmt: skip
    config = RankConfig(weights={s.name: -2.0 if s.name == "volume" else 0.0 for s in SIGNALS}, linear=True)
    found = rank(posts, CLAIM_POSTS.from_rows(rows), AS_OF, config)["ranked_claims"].to_pylist()
    assert {row["claim_id"]: row["volume_points"] for row in found}["4"] == pytest.approx(
        -2 * 1000 / 60, abs=1e-3
    )
    assert [row["claim_id"] for row in found] == ["1", "2", "3", "4"]
    assert all(row["score"] == pytest.approx(sum(row[name] for name in POINTS), abs=1e-9) for row in found)


def test_content_signals_read_the_exemplar() -> None:
    texts = {"grave": "今晚海港巷停水 三人中毒死亡", "chat": "大家早安 今天天气真好"}
    claims = {name: carrying(hours_ago(1, n)) for n, name in enumerate(texts)}
    posts = collect(observations([members[0][0] for members in claims.values()]))
    rows = [{"claim_id": name, "post_id": f"feed:{n}", "role": "carries", "joined_by": "alone", "asks": False}
            for n, name in enumerate(texts)]  # fmt: skip
    inputs = RankInputs(
        exemplars=pa.table({"claim_id": list(texts), "text_key": list(texts)}),
        texts=pa.table({"text_key": list(texts), "match_text": list(texts.values())}),
        words=("海港巷",),
    )
    found = rank(posts, CLAIM_POSTS.from_rows(rows), AS_OF, None, inputs)["ranked_claims"].to_pylist()
    by_name = {row["claim_id"]: row for row in found}
    assert {"life", "order"} <= set(by_name["grave"]["harms"])
    assert by_name["grave"]["nearness"] == 0.5 > by_name["chat"]["nearness"]
    assert by_name["grave"]["checkworthy"] > 0.5 > by_name["chat"]["checkworthy"]
    assert by_name["grave"]["rank"] == 1
    assert not by_name["grave"]["harm_assessed"] and by_name["grave"]["harm"] > 0
    inputs = replace(inputs, assessed={"chat": 0.9, "grave": 0.0})
    judged = rank(posts, CLAIM_POSTS.from_rows(rows), AS_OF, None, inputs)["ranked_claims"].to_pylist()
    assert {row["claim_id"]: (row["harm"], row["harm_assessed"]) for row in judged} == {
        "chat": (0.9, True),
        "grave": (0.0, True),
    }
    points = {row["claim_id"]: row["harm_points"] for row in judged}
    assert points["chat"] > 0 == points["grave"] and "life" in by_name["grave"]["harms"]
    assert all(row["score"] == pytest.approx(sum(row[name] for name in POINTS), abs=1e-9) for row in judged)


def test_a_claim_like_one_that_was_taken_up_is_kin() -> None:
    claims = {name: carrying(hours_ago(1, n)) for n, name in enumerate("abc")}
    posts = collect(observations([members[0][0] for members in claims.values()]))
    rows = [{"claim_id": name, "post_id": f"feed:{n}", "role": "carries", "joined_by": "alone", "asks": False}
            for n, name in enumerate("abc")]  # fmt: skip
    pair = {"left_claim_id": "a", "right_claim_id": "b", "left_post_id": "feed:0", "right_post_id": "feed:1",
            "similarity": 0.8, "why": "words"}  # fmt: skip
    inputs = RankInputs(claim_matches=CLAIM_MATCHES.from_rows([pair]), taken_up=["b"])
    found = rank(posts, CLAIM_POSTS.from_rows(rows), AS_OF, None, inputs)["ranked_claims"].to_pylist()
    kin = {row["claim_id"]: row["kinship"] for row in found}
    assert kin == {"a": 0.8, "b": None, "c": None}


def test_the_same_input_in_any_order_gives_the_same_rows() -> None:
    claims = {
        str(n): carrying(*(hours_ago(0.2 * k, 100 * n + k, likes=k) for k in range(1, n + 2)))
        for n in range(1, 9)
    }
    backwards = {name: members[::-1] for name, members in reversed(claims.items())}
    assert ranked(claims) == ranked(backwards)
