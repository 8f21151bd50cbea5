"""Against a real RSSHub that reads a real server: the same posts as RSS, Atom and JSON Feed, 304, and its errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawlers.launch import Outcome
from pipeline.paths import DataDir
from servers import crawls
from servers.rsshub import rsshub
from servers.snac import snac

pytestmark = [pytest.mark.server, pytest.mark.slow]
COUNT = 15
FORMS = ("rss", "atom", "json")
World = tuple[DataDir, dict[str, Outcome]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = DataDir(tmp_path_factory.mktemp("rsshub"))
    notes = [("wang", f"第{n}條：海港巷停水，是真的嗎？😀 & 轉告") for n in range(COUNT)]
    with snac(notes) as server, rsshub() as hub:
        timeline = f"{hub}/mastodon/timeline/{server.url.removeprefix('http://')}"
        crawls.sources(
            data,
            *({"name": form, "family": "feed", "url": f"{timeline}?format={form}"} for form in FORMS),
            {"name": "filtered", "family": "feed", "url": f"{timeline}?format=json&filter_title=7"},
            {"name": "unknown", "family": "feed", "url": f"{hub}/no/such/route"},
        )
        yield data, crawls.crawl_all(data)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_feed_holds_the_same_posts(world: World, form: str) -> None:
    data, outcomes = world
    posts, others = crawls.stored(data, form), crawls.stored(data, "rss")
    assert outcomes[form].why == "finished" and len(posts) == COUNT
    assert {post["post_id"] for post in posts} == {post["post_id"] for post in others}
    assert {post["text"] for post in posts} == {
        f"第{n}條：海港巷停水，是真的嗎？😀 & 轉告" for n in range(COUNT)
    }
    assert all(post["published_at"] is not None and post["author_key"] for post in posts)


def test_a_feed_narrowed_by_the_hub_is_read(world: World) -> None:
    assert [post["text"][:3] for post in crawls.stored(world[0], "filtered")] == ["第7條"]


def test_an_unchanged_feed_answers_304(world: World) -> None:
    again = crawls.crawl(world[0], "rss")
    assert again.why == "not modified" and again.summary["pages"] == 0


def test_an_error_page_of_the_hub_is_an_alarm(world: World) -> None:
    outcome = world[1]["unknown"]
    assert (
        not outcome.good
        and outcome.why in {"unreachable", "changed", "refused"}
        and outcome.summary["detail"]
    )
