"""Against a real server that speaks the Mastodon API (snac): its robots.txt, Chinese text, pages, sudden death."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from crawlers.launch import Outcome
from pipeline.paths import DataDir
from servers import crawls
from servers.snac import Snac, snac

pytestmark = pytest.mark.server
COUNT = 90
WORDS = "唐人街海港巷昨晚起火，第{}条：是真的吗？𠮷野家旁边 😀 <b>粗体</b> & 引號"


@pytest.fixture(scope="module")
def server() -> Iterator[Snac]:
    notes = [
        ("wang" if n % 2 else "chen", WORDS.format(n) + (" #fire" if n < 5 else "")) for n in range(COUNT)
    ]
    with snac(notes) as running:
        yield running


def set_aside(data: DataDir, *names: str) -> None:
    folder = data.root / "sources"
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.toml").write_text(crawls.SET_ASIDE.format(name=name, family="mastodon"))


def source(server: Snac, name: str = "snac", **more: object) -> dict[str, object]:
    return {"name": name, "family": "mastodon", "url": server.url, **more}


def numbers(data: DataDir, name: str = "snac") -> list[int]:
    found = crawls.stored(data, name)
    return sorted(int(post["text"].partition("第")[2].partition("条")[0]) for post in found)


@pytest.fixture(scope="module")
def world(server: Snac, tmp_path_factory: pytest.TempPathFactory) -> tuple[DataDir, dict[str, Outcome]]:
    """Crawls that leave the server as it is: one obeys its robots.txt, the others read it with a written decision."""
    data = DataDir(tmp_path_factory.mktemp("snac"))
    set_aside(data, "local", "tag", "search")
    crawls.sources(
        data,
        source(server, "obedient"),
        source(server, "local"),
        source(server, "tag", read=["tags"], tags=["fire"]),
        source(server, "search", read=["search"]),
        queries=("停水",),
    )
    return data, crawls.crawl_all(data)


def test_the_servers_own_robots_file_forbids_and_is_obeyed(world: tuple[DataDir, dict[str, Outcome]]) -> None:
    data, outcomes = world
    outcome = outcomes["obedient"]
    assert outcome.why == "refused" and "robots.txt forbids" in str(outcome.summary["detail"])
    assert outcome.summary["refusals"] == 1 and crawls.stored(data, "obedient") == []


def test_every_post_of_all_pages_is_read_once_and_whole(world: tuple[DataDir, dict[str, Outcome]]) -> None:
    data, outcomes = world
    outcome = outcomes["local"]
    summary = outcome.summary
    assert outcome.why == "finished" and outcome.good and summary["rejects"] == 0
    assert summary["pages"] == 4 and summary["posts"] == summary["extra"]["new"] == COUNT
    assert "repeated" not in summary["extra"]
    assert summary["bytes"] > COUNT * 1_000 and summary["seconds"] > 0
    assert numbers(data, "local") == list(range(COUNT))
    posts = crawls.stored(data, "local")
    seventh = next(post["text"] for post in posts if "第7条" in post["text"])
    assert "唐人街海港巷昨晚起火，第7条：是真的吗？𠮷野家旁边 😀" in seventh
    assert len({post["author_key"] for post in posts}) == 2
    assert all(post["published_at"] > datetime.now(UTC) - timedelta(hours=1) for post in posts)
    assert all(post["likes"] == 0 and post["views"] is None for post in posts)  # shown as 0; not shown at all


def test_a_tag_is_read_and_named_as_the_query(world: tuple[DataDir, dict[str, Outcome]]) -> None:
    data, outcomes = world
    assert outcomes["tag"].why == "finished" and numbers(data, "tag") == [0, 1, 2, 3, 4]
    assert {post["query"] for post in crawls.stored(data, "tag")} == {"#fire"}


def test_a_search_closed_to_strangers_is_a_refusal(world: tuple[DataDir, dict[str, Outcome]]) -> None:
    summary = world[1]["search"].summary
    assert summary["refusals"] == 1 and "401" in str(summary["detail"])


def test_the_server_dies_mid_crawl_nothing_is_lost_and_nothing_twice(server: Snac, data: DataDir) -> None:
    set_aside(data, "snac")
    crawls.sources(data, source(server, delay=0.5))
    outcome = crawls.crawl(data, "snac", on_page=lambda page: server.kill() if page == 1 else None)
    assert outcome.why == "unreachable" and not outcome.good and "127.0.0.1" in str(outcome.summary["detail"])
    assert outcome.summary["posts"] == 40 and len(numbers(data)) == 40
    server.up()
    again = crawls.crawl(data, "snac")
    assert again.why == "finished" and again.summary["extra"]["new"] == COUNT - 40
    assert sorted(set(numbers(data))) == list(range(COUNT))
    assert len({(post["crawl_id"], post["post_id"]) for post in crawls.stored(data)}) == COUNT + 40


def test_our_process_dies_mid_crawl_and_goes_on_where_it_was(server: Snac, data: DataDir) -> None:
    set_aside(data, "snac")
    crawls.sources(data, source(server, delay=0.3))
    crawls.killed_crawl(data, "snac", pages=2)
    assert crawls.stored(data) == []
    outcome = crawls.crawl(data, "snac")
    assert outcome.why == "finished" and outcome.summary["extra"]["resumed"] is True
    assert numbers(data) == list(range(COUNT))
