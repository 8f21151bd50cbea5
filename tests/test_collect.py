"""Collecting: the latest observation of each post, and the post it reacts to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import networkx as nx
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collect import collect, follow
from pipeline.raw import observations
from pipeline.records import Post

NOW = datetime(2026, 3, 13, 6, tzinfo=UTC)


def post(name: str, **values: object) -> Post:
    base = Post(name, "blog", "feed", f"text of {name}", NOW, "crawl-1", "test")
    return replace(base, **values)  # type: ignore[arg-type]


def rows(*posts: Post) -> dict[str, dict[str, object]]:
    return {row["post_id"]: row for row in collect(observations(posts)).to_pylist()}


def test_the_latest_observation_wins_and_all_are_counted() -> None:
    later = post("a", likes=9, collected_at=NOW + timedelta(hours=1), crawl_id="crawl-2")
    found = rows(later, post("a", likes=1))
    assert found["a"]["likes"] == 9
    assert found["a"]["observation_count"] == 2
    assert found["a"]["first_collected_at"] == NOW


def test_a_text_that_a_later_observation_only_begins_is_kept_whole() -> None:
    """Lists cut long posts; where the request for the rest is refused, what an earlier crawl got is not lost."""
    later = {"collected_at": NOW + timedelta(hours=1), "crawl_id": "crawl-2"}
    found = rows(
        post("kept", text="停水通知:今晚十点起…", likes=9, **later),
        post("kept", text="停水通知:今晚十点起全区停水,明早恢复。", links=("https://a.example/",)),
        post("cut twice", text="停水通知…", **later),
        post("cut twice", text="停水通知:今晚…"),
        post("edited", text="更正:没有停水…", **later),
        post("edited", text="停水通知:今晚十点起全区停水。"),
        post("shortened", text="停水通知", **later),
        post("shortened", text="停水通知:今晚十点起全区停水。"),
    )
    assert found["kept"]["text"] == "停水通知:今晚十点起全区停水,明早恢复。" and found["kept"]["likes"] == 9
    assert found["kept"]["links"] == ["https://a.example/"]
    assert found["cut twice"]["text"] == "停水通知:今晚…"
    assert found["edited"]["text"] == "更正:没有停水…" and found["shortened"]["text"] == "停水通知"


def test_the_order_of_observations_never_matters() -> None:
    posts = [post("a", crawl_id=f"crawl-{n}", text=f"v{n}") for n in range(5)] + [post("b"), post("c")]
    assert collect(observations(posts)).equals(collect(observations(posts[::-1])))


def test_reactions_lead_to_the_end_of_their_chain() -> None:
    found = rows(post("a"), post("b", parent_id="a"), post("c", repost_of="b"), post("d", parent_id="gone"))
    assert {name: row["root_id"] for name, row in found.items()} == {"a": "a", "b": "a", "c": "a", "d": "d"}


def test_a_circle_of_replies_is_nobodys_reaction() -> None:
    found = rows(
        post("a", parent_id="b"), post("b", parent_id="a"), post("c", parent_id="a"), post("d", parent_id="d")
    )
    assert {name: row["root_id"] for name, row in found.items()} == {"a": "a", "b": "b", "c": "c", "d": "d"}


def test_no_observations_give_an_empty_table() -> None:
    assert collect(observations([])).num_rows == 0


@given(st.lists(st.integers(-1, 29), min_size=30, max_size=30))
def test_following_agrees_with_a_walk_through_a_graph(parents: list[int]) -> None:
    """Oracle: networkx walks each chain; rows that reach a circle stay where they are."""
    graph = nx.DiGraph([(child, parent) for child, parent in enumerate(parents) if parent not in (-1, child)])
    graph.add_nodes_from(range(30))
    circles = set().union(*(part for part in nx.strongly_connected_components(graph) if len(part) > 1))
    expected = []
    for row in range(30):
        reached = nx.descendants(graph, row) | {row}
        ends = [node for node in reached if graph.out_degree(node) == 0]
        expected.append(row if reached & circles else ends[0])
    assert follow(np.array(parents)).tolist() == expected


def test_a_chain_of_a_hundred_thousand_reposts_is_followed() -> None:
    parents = np.arange(100_000) - 1
    assert set(follow(parents).tolist()) == {0}
    assert pa.array(follow(parents)).null_count == 0
