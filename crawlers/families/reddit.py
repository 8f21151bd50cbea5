"""Reddit by its Atom feeds: new posts of named subreddits, and search. Feeds carry no scores.

Anonymous JSON is closed since 2026; the feeds answer, with 429 soon. A member's own feed token (card
``reddit-token``) is asked less often to wait; it is added when a request leaves and stands in no file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]  # no stubs

from crawlers.families.base import Family, count_param, read_each, with_query
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import html_to_text, links_of
from crawlers.times import parse_time
from crawlers.xml import child_text, load_xml, local_name
from pipeline.errors import UsageError
from pipeline.records import Post

_NAME = re.compile(r"\w{2,50}")
_THING = re.compile(r"t[13]_[0-9a-z]{1,16}")
_LIMIT = 100
_OWN = re.compile(r"https?://(?:\w+\.)?reddit\.com/(?:user/|r/\w+/comments/)")


class Reddit(Family):
    """``url`` is the site; ``subreddits`` are read newest first, or searched per query with ``search = true``."""

    name = "reddit"
    params = frozenset({"subreddits", "search", "pages"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain per subreddit, or per subreddit and query."""
        names = context.params.get("subreddits")
        if (
            not isinstance(names, list)
            or not names
            or not all(isinstance(n, str) and _NAME.fullmatch(n) for n in names)
        ):
            raise UsageError(f'source {context.source}: write subreddits = ["name", "…"]')
        queries: tuple[str | None, ...] = context.queries if context.params.get("search") else (None,)
        if not queries:
            raise UsageError(f"source {context.source}: search = true needs queries in the incident")
        alone = len(names) * len(queries) == 1
        return [_fetch(url.rstrip("/"), name, query, alone=alone) for name in names for query in queries]

    def secret_query(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """The member's own feed token, as Reddit writes it into the addresses of private feeds; none without one."""
        if "reddit_feed_token" not in secrets:
            return {}
        return {"feed": secrets["reddit_feed_token"], "user": secrets["reddit_user"]}

    def is_refusal(self, answer: Answer) -> str | None:
        """Private and closed subreddits answer 403 or 404 with a reason; the wall answers 403 "Blocked"."""
        if answer.status in {403, 404} and (
            found := re.search(rb'"reason":\s*"(\w{1,30})"', answer.body[:2_000])
        ):
            return f"answered {answer.status}: subreddit is {found[1].decode()}"
        return super().is_refusal(answer)

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of a feed."""
        query, page = fetch.carry.get("query"), int(fetch.carry.get("page", 1))
        entries = entries_of(answer)
        reading = Reading()
        read_each(entries, lambda node: entry_post(node, answer.url, context, query), reading, _show)
        last = child_text(entries[-1], "id") if entries else None
        older = context.all_older(fetch.chain, [post.published_at for post in reading.posts])
        if (
            not last
            or not _THING.fullmatch(last)
            or older
            or page >= count_param(context.params, "pages", 5, 100)
        ):
            reading.ended = (fetch.chain,)
        else:
            carry = {"query": query, "page": page + 1}
            reading.follow.append(
                Fetch(with_query(fetch.url, after=last), "list", fetch.chain, fetch.essential, carry)
            )
        return reading


def _fetch(base: str, name: str, query: str | None, *, alone: bool) -> Fetch:
    carry = {"query": query, "page": 1}
    if query is None:
        address = with_query(f"{base}/r/{name}/new/.rss", limit=_LIMIT)
        return Fetch(address, "list", f"new {name}", alone, carry)
    values = {"q": query, "sort": "new", "restrict_sr": "on", "limit": _LIMIT}
    address = with_query(f"{base}/r/{name}/search.rss", **values)
    return Fetch(address, "list", f"search {name} {query}", alone, carry)


def _show(node: etree._Element) -> str:
    return str(etree.tostring(node, encoding="unicode"))


def entries_of(answer: Answer) -> list[etree._Element]:
    """Entries of an Atom feed. Raises ``PageChanged``."""
    root = load_xml(answer)
    if local_name(root) != "feed":
        raise PageChanged(f"{answer.url}: not an Atom feed but {local_name(root)}")
    return [node for node in root if local_name(node) == "entry"]


def entry_post(node: etree._Element, base: str, context: Context, query: str | None = None) -> Post:
    """One post or comment; the line that Reddit adds below the words is not the writer's."""
    native = child_text(node, "id") or ""
    if not _THING.fullmatch(native):
        raise ValueError(f"id {native[:60]!r}")
    content = child_text(node, "content") or ""
    own, _, added = content.partition("<!-- SC_ON -->") if "<!-- SC_ON -->" in content else ("", "", content)
    title = html_to_text(child_text(node, "title") or "") or None
    link = next((one.get("href") for one in node if local_name(one) == "link"), None)
    author = next((child_text(one, "name") for one in node if local_name(one) == "author"), None)
    shown = child_text(node, "published") or child_text(node, "updated")
    at, precision = parse_time(shown, context.now, context.zone)
    is_post = native.startswith("t3_")
    return context.post(
        "reddit",
        native,
        html_to_text(own.replace("<!-- SC_OFF -->", "")) or title or "",
        url=urljoin(base, link) if link else None,
        title=title if is_post else None,
        author_key=context.author("reddit", (author or "").removeprefix("/u/").lower()),
        published_at=at,
        published_precision=precision,
        links=tuple(one for one in links_of(own + added) if not _OWN.match(one)),
        query=query,
    )
