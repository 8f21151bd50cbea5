"""Against real forum software (Misago): lists and threads in pages, its robots.txt, Chinese text, its sudden death."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.paths import DataDir
from servers import crawls
from servers.misago import Misago, misago

pytestmark = [pytest.mark.server, pytest.mark.slow]
THREADS, LONG = 28, 30
Forum = tuple[Misago, list[int]]


def forum_threads() -> list[dict[str, Any]]:
    """Threads of two posts, one of thirty: lists show 26 threads, threads 18 posts a page."""

    def post(thread: int, floor: int) -> dict[str, str]:
        words = f"第{thread}帖第{floor}楼：听说海港巷停水"
        html = f'<p>{words}，<a href="https://news.example/{thread}">链接</a></p><p>求证 &amp; 转发😀</p>'
        at = f"2026-03-14T{thread // 4:02}:{floor:02}:00+00:00"
        return {"author": f"user{floor % 4}", "text": words, "html": html, "at": at}

    return [
        {"title": f"求证：第{n}个传闻", "posts": [post(n, f) for f in range(LONG if n == 3 else 2)]}
        for n in range(THREADS)
    ]


@pytest.fixture(scope="module")
def forum() -> Iterator[Forum]:
    with misago(forum_threads()) as running:
        yield running


def source(forum: Forum, **more: object) -> dict[str, object]:
    return {"name": "forum", "family": "misago", "url": forum[0].url, "timezone": "UTC", **more}


def test_every_post_of_every_thread_is_read_once(forum: Forum, data: DataDir) -> None:
    crawls.sources(data, source(forum))
    outcome = crawls.crawl(data, "forum")
    posts = {post["post_id"]: post for post in crawls.stored(data)}
    assert outcome.why == "finished" and outcome.summary["rejects"] == 0
    assert set(posts) == {f"forum:forum/{number}" for number in forum[1]}
    assert outcome.summary["posts"] == len(posts)
    assert (
        outcome.summary["extra"].get("repeated", 0) <= 1
    )  # Misago shows a page's last post again on the next one
    assert outcome.summary["pages"] == 2 + THREADS + 1  # lists, threads, the second page of the long one
    first = posts[f"forum:forum/{forum[1][0]}"]
    assert (
        first["text"] == "第0帖第0楼：听说海港巷停水，链接\n\n求证 & 转发😀"
        and first["title"] == "求证：第0个传闻"
    )
    assert first["replies"] == 1 and first["parent_id"] is None and first["likes"] is None
    assert first["published_at"] == datetime(2026, 3, 14, 0, 0, tzinfo=UTC)
    replies = [post for post in posts.values() if post["parent_id"]]
    assert len(replies) == len(posts) - THREADS and all(post["parent_id"] in posts for post in replies)
    assert len({post["author_key"] for post in posts.values()}) == 4

    again = crawls.crawl(data, "forum")  # only what may have changed: a day back from the newest post
    assert again.why == "finished" and again.summary["extra"]["new"] == 0
    assert again.summary["posts"] <= outcome.summary["posts"]


def test_what_the_forums_robots_file_closes_is_not_read(forum: Forum, data: DataDir) -> None:
    crawls.sources(data, source(forum, url=f"{forum[0].url}/api/threads"))
    outcome = crawls.crawl(data, "forum")
    assert outcome.why == "refused" and "robots.txt forbids" in str(outcome.summary["detail"])


def test_the_forum_dies_mid_crawl_and_everything_is_read_the_next_time(forum: Forum, data: DataDir) -> None:
    crawls.sources(data, source(forum, delay=0.1))
    outcome = crawls.crawl(data, "forum", on_page=lambda page: forum[0].kill() if page >= 9 else None)
    before = {post["post_id"] for post in crawls.stored(data)}
    assert outcome.why == "unreachable" and 0 < len(before) < len(forum[1])
    forum[0].up()
    again = crawls.crawl(data, "forum")
    after = [post["post_id"] for post in crawls.stored(data)]
    assert again.why == "finished" and set(after) == {f"forum:forum/{number}" for number in forum[1]}
    assert again.summary["extra"]["new"] == len(forum[1]) - len(before)
    assert len(after) == len(before) + len(forum[1])  # each crawl holds each post once
