"""Against a real WordPress: articles and comments over REST, feeds in pages and 304, ClaimReview by both lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from crawlers.launch import Outcome
from pipeline.paths import DataDir
from servers import crawls
from servers.wordpress import WordPress, wordpress

pytestmark = [pytest.mark.server, pytest.mark.slow]
ARTICLES, CHECKS = 115, 3
REVIEW = {
    "@context": "https://schema.org",
    "@graph": [
        {
            "@type": "ClaimReview",
            "claimReviewed": "唐人街今晚全區停水",
            "datePublished": "2026-03-15",
            "author": {"@type": "Organization", "name": "查核中心"},
            "itemReviewed": {"@type": "Claim", "appearance": [{"url": "https://rumor.example/1"}]},
            "reviewRating": {"@type": "Rating", "ratingValue": 1, "bestRating": 5, "alternateName": "不實"},
        }
    ],
}


def site_posts() -> list[dict[str, Any]]:
    """News articles, every fifth with two comments, and articles of a fact-checker."""
    posts: list[dict[str, Any]] = [
        {
            "title": f"第{n}篇：海港巷“停水”通知 & 更正",
            "content": f"<p>第{n}區今晚停水，<a href='https://news.example/{n}'>詳情</a>。</p><p>請互相轉告😀</p>",
            "date": f"2026-03-14 {n // 60:02}:{n % 60:02}:00",
            "comments": ["真的嗎？" * (1 + n % 3), f"第{n}篇是假的吧"] if n % 5 == 0 else [],
        }
        for n in range(ARTICLES)
    ]
    for n in range(CHECKS):
        block = f'<script type="application/ld+json">{json.dumps(REVIEW, ensure_ascii=False)}</script>'
        posts.append({"title": f"查核{n}", "content": f"<p>查核</p>{block}", "date": "2026-03-15 01:00:00"})
    return posts


@pytest.fixture(scope="module")
def server() -> Iterator[WordPress]:
    with wordpress(site_posts()) as running:
        yield running


@pytest.fixture(scope="module")
def world(server: WordPress, tmp_path_factory: pytest.TempPathFactory) -> tuple[DataDir, dict[str, Outcome]]:
    data = DataDir(tmp_path_factory.mktemp("wordpress"))
    crawls.sources(
        data,
        {"name": "rest", "family": "wordpress", "url": server.url},
        {"name": "search", "family": "wordpress", "url": server.url, "search": True, "comments": False},
        {"name": "feed", "family": "feed", "url": f"{server.url}/feed/"},
        {"name": "old", "family": "feed", "url": f"{server.url}/feed/", "page_param": "paged"},
        {"name": "checks", "family": "claimreview", "url": f"{server.url}/feed/"},
        {
            "name": "map",
            "family": "claimreview",
            "url": f"{server.url}/wp-sitemap.xml",
            "path": f"/{server.ids[-1]}",
        },
        queries=("查核", "更正"),
    )
    return data, crawls.crawl_all(data)


World = tuple[DataDir, dict[str, Outcome]]


def test_articles_and_comments_of_all_pages_are_read(world: World, server: WordPress) -> None:
    data, outcomes = world
    summary, posts = outcomes["rest"].summary, crawls.stored(data, "rest")
    comments = [post for post in posts if post["parent_id"]]
    assert outcomes["rest"].why == "finished" and summary["pages"] == 3 and summary["rejects"] == 0
    assert len(posts) - len(comments) == ARTICLES + CHECKS and len(comments) == 2 * (ARTICLES // 5)
    by_id = {post["post_id"]: post for post in posts}
    first = by_id[f"wordpress:rest/{server.ids[7]}"]
    assert first["title"] == "第7篇：海港巷“停水”通知 & 更正"
    assert first["text"] == "第7區今晚停水，詳情。\n\n請互相轉告😀" and first["links"] == [
        "https://news.example/7"
    ]
    assert first["published_at"] == datetime(2026, 3, 14, 0, 7, tzinfo=UTC) and first["likes"] is None
    answers = [post for post in comments if post["parent_id"] != post["thread_id"]]
    assert len(answers) == len(comments) // 2 and all(post["parent_id"] in by_id for post in comments)


def test_a_search_asks_the_site_for_the_incidents_words(world: World) -> None:
    data, outcomes = world
    found = crawls.stored(data, "search")
    assert outcomes["search"].why == "finished" and len(found) == ARTICLES + CHECKS
    assert {post["query"] for post in found} == {"查核", "更正"}


def test_a_feed_is_read_in_its_pages_to_the_end(world: World) -> None:
    data, outcomes = world
    assert len(crawls.stored(data, "feed")) == 50 and outcomes["feed"].summary["pages"] == 1
    assert len(crawls.stored(data, "old")) == ARTICLES + CHECKS and outcomes["old"].why == "finished"


def test_reviews_of_a_fact_checker_are_read_by_feed_and_by_sitemap(world: World) -> None:
    data, outcomes = world
    for name, count in (("checks", CHECKS), ("map", 1)):
        found = crawls.stored(data, name)
        assert outcomes[name].why == "finished" and len(found) == count, name
        assert all("唐人街今晚全區停水" in f"{post['title']} {post['text']}" for post in found)


def test_an_unchanged_feed_answers_304_and_costs_no_page(world: World) -> None:
    data, _ = world
    again = crawls.crawl(data, "feed")
    assert again.why == "not modified" and again.good
    assert again.summary["extra"]["not_modified"] == 1 and again.summary["pages"] == 0


def test_the_site_dies_and_comes_back_within_the_waits_and_nothing_is_missed(
    server: WordPress, data: DataDir
) -> None:
    crawls.sources(
        data,
        {
            "name": "rest",
            "family": "wordpress",
            "url": server.url,
            "delay": 0.3,
            "backoff": 2.0,
            "comments": False,
        },
    )

    def fall(page: int) -> None:
        if page == 1:
            server.kill()
            server.up()

    outcome = crawls.crawl(data, "rest", on_page=fall)
    ids = [post["post_id"] for post in crawls.stored(data)]
    assert outcome.why == "finished" and len(ids) == len(set(ids)) == ARTICLES + CHECKS
