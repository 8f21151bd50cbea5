"""Against Bluesky's own AppView, where it is installed (tests/servers/README.md): search in Chinese, author feeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from crawlers.launch import Outcome
from pipeline.paths import DataDir
from servers import crawls
from servers.bluesky import bluesky

pytestmark = [pytest.mark.server, pytest.mark.slow]
COUNT = 30
World = tuple[DataDir, dict[str, Outcome], dict[str, Any]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = DataDir(tmp_path_factory.mktemp("bluesky"))
    posts = [
        {"author": "wang" if n % 3 else "chen", "words": f"第{n}条：海港巷停水，是真的吗？😀"}
        for n in range(COUNT)
    ]
    with bluesky([*posts, {"author": "chen", "words": "今天天气很好"}]) as (url, made):
        crawls.sources(
            data,
            {"name": "search", "family": "bluesky", "url": url, "window_hours": 8_000},
            {"name": "author", "family": "bluesky", "url": url, "search": False, "actors": ["chen.test"]},
            queries=("停水",),
        )
        yield data, crawls.crawl_all(data), made


def test_a_search_in_chinese_finds_every_post_that_holds_the_words(world: World) -> None:
    data, outcomes, made = world
    found = crawls.stored(data, "search")
    assert outcomes["search"].why == "finished" and len(found) == COUNT
    assert {post["text"] for post in found} == {words for words in made["posts"] if "停水" in words}
    assert {post["post_id"] for post in found} == {f"bluesky:{made['posts'][post['text']]}" for post in found}


def test_an_authors_feed_is_read(world: World) -> None:
    data, outcomes, _ = world
    found = crawls.stored(data, "author")
    assert outcomes["author"].why == "finished" and len(found) == COUNT // 3 + 1
    assert len({post["author_key"] for post in found}) == 1
