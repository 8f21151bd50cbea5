"""Blogger sites (MyGoPen among them) by their JSON feed, newest first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

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
from crawlers.text import html_to_text, links_of, parse_count
from crawlers.times import parse_time
from pipeline.errors import UsageError
from pipeline.records import Post

_PER_PAGE = 50


class Blogger(Family):
    """``url`` is the site; ``labels`` reads those alone; ``pages`` bounds the walk back."""

    name = "blogger"
    params = frozenset({"labels", "pages"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain per label, or one for the whole site."""
        labels = context.params.get("labels", [])
        if not isinstance(labels, list) or not all(isinstance(one, str) and one for one in labels):
            raise UsageError(f'source {context.source}: write labels = ["…", "…"]')
        base = url.rstrip("/") + "/feeds/posts/default"
        lists = {f"label {one}": f"{base}/-/{quote(one, safe='')}" for one in labels} or {"posts": base}
        query = {"alt": "json", "orderby": "published", "max-results": _PER_PAGE, "start-index": 1}
        alone = len(lists) == 1
        return [Fetch(with_query(address, **query), "list", chain, alone) for chain, address in lists.items()]

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of articles."""
        entries = entries_of(answer)
        reading = Reading()
        read_each(entries, lambda entry: article(entry, context), reading, show_json)
        first = int(query_value(fetch.url, "start-index") or 1)
        last = first >= (count_param(context.params, "pages", 20, 1_000) - 1) * _PER_PAGE + 1
        if (
            not entries
            or last
            or context.all_older(fetch.chain, [post.published_at for post in reading.posts])
        ):
            reading.ended = (fetch.chain,)
        else:
            following = with_query(fetch.url, **{"start-index": first + len(entries)})
            reading.follow.append(Fetch(following, "list", fetch.chain, fetch.essential))
        return reading


def entries_of(answer: Answer) -> list[Any]:
    """Entries of a feed page; past the last one Blogger leaves the name out. Raises ``PageChanged``."""
    feed = load_json(answer, dict).get("feed")
    if not isinstance(feed, dict) or "openSearch$totalResults" not in feed:
        raise PageChanged(f"{answer.url}: not a Blogger feed")
    entries = feed.get("entry", [])
    if not isinstance(entries, list):
        raise PageChanged(f"{answer.url}: a Blogger feed whose entries are no list")
    return entries


def article(entry: dict[str, Any], context: Context) -> Post:
    """One article."""
    content = _text(entry.get("content") or entry.get("summary"))
    title = html_to_text(_text(entry.get("title"))) or None
    at, precision = parse_time(_text(entry.get("published")), context.now, context.zone)
    native = _text(entry["id"])
    if not native.startswith("tag:"):
        raise ValueError(f"id {native!r}")
    author = ((entry.get("author") or [{}])[0].get("name") or {}).get("$t")
    links = [one for one in entry.get("link") or [] if one.get("rel") == "alternate"]
    image = (entry.get("media$thumbnail") or {}).get("url")
    return context.post(
        "blogger",
        native,
        html_to_text(content) or title or "",
        url=links[0].get("href") if links else None,
        title=title,
        author_key=context.author("blogger", context.site, author),
        published_at=at,
        published_precision=precision,
        replies=parse_count(_text(entry.get("thr$total")))[0],
        links=links_of(content),
        media=(image,) if isinstance(image, str) else (),
    )


def _text(value: Any) -> str:  # noqa: ANN401  JSON
    """Blogger writes every text as ``{"$t": "…"}``."""
    return str(value.get("$t") or "") if isinstance(value, dict) else ""
