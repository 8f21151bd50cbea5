"""1point3acres 一亩三分地 by the interface that its app reads. Its card is off: ask the site first."""

from __future__ import annotations

from typing import Any

from crawlers.families.base import (
    Family,
    count_param,
    load_json,
    query_value,
    read_each,
    show_json,
    with_query,
)
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import parse_count
from crawlers.times import parse_time
from pipeline.records import Post

_PER_PAGE = 50


class OnePoint3Acres(Family):
    """``url`` is the interface's host; newest threads across boards."""

    name = "onepoint3acres"
    params = frozenset({"pages"})
    needs_decision = True

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain: the newest threads."""
        values = {"type": "new", "includes": "tags,forum_name,summary", "order": "time_desc"}
        address = with_query(url.rstrip("/") + "/api/threads", **values, ps=_PER_PAGE, pg=1)
        return [Fetch(address, "list", "threads")]

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of threads."""
        threads = load_json(answer, dict).get("threads")
        if not isinstance(threads, list):
            raise PageChanged(f"{answer.url}: no list of threads")
        reading = Reading()
        read_each(threads, lambda one: thread(one, context), reading, show_json)
        page = int(query_value(fetch.url, "pg") or 1)
        older = context.all_older(fetch.chain, [post.published_at for post in reading.posts])
        if not threads or older or page >= count_param(context.params, "pages", 10, 1_000):
            reading.ended = (fetch.chain,)
        else:
            reading.follow.append(Fetch(with_query(fetch.url, pg=page + 1), "list", fetch.chain))
        return reading


def thread(entry: dict[str, Any], context: Context) -> Post:
    """One thread: its title, and the summary that the list gives."""
    number = int(entry["tid"])
    title = str(entry["subject"]).strip()
    at, precision = parse_time(entry.get("dateline"), context.now)
    return context.post(
        "forum",
        f"1point3acres.com/{number}",
        str(entry.get("summary") or "").strip() or title,
        url=f"https://www.1point3acres.com/bbs/thread-{number}-1-1.html",
        title=title,
        author_key=context.author("forum", "1point3acres.com", entry.get("author")),
        published_at=at,
        published_precision=precision,
        views=parse_count(entry.get("views"))[0],
        replies=parse_count(entry.get("replies"))[0],
    )
