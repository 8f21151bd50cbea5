"""Servers that speak the Mastodon API: local timeline, tags and search."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from crawlers.families.base import (
    Family,
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

_LIMIT = 40
_READS = {"local", "tags", "search"}


class Mastodon(Family):
    """``url`` is the server. ``read`` names what to read: any of ``local``, ``tags``, ``search`` (default local).

    ``any_tag = true`` reads all ``tags`` in one walk, on servers that know ``any[]`` (Mastodon's own does).
    """

    name = "mastodon"
    params = frozenset({"read", "tags", "any_tag"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain per timeline, tag and query."""
        reads = context.params.get("read", ["local"])
        if not isinstance(reads, list) or not reads or not set(reads) <= _READS:
            raise UsageError(
                f'source {context.source}: read = {reads!r}; write a list of "local", "tags", "search"'
            )
        base = url.rstrip("/")
        fetches = [Fetch(f"{base}/api/v1/timelines/public?local=true&limit={_LIMIT}", chain="local")]
        fetches = fetches if "local" in reads else []
        if "tags" in reads:
            tags = [str(tag) for tag in context.params.get("tags") or _tags(context)]
            together = context.params.get("any_tag") is True and len(tags) > 1
            fetches += [_any_fetch(base, tags)] if together else [_tag_fetch(base, tag) for tag in tags]
        if "search" in reads:
            fetches += [_search_fetch(base, query) for query in context.queries]
        if not fetches:
            raise UsageError(
                f"source {context.source}: nothing to read; give the incident queries or the source tags"
            )
        return fetches

    def is_refusal(self, answer: Answer) -> str | None:
        """Servers that closed a timeline to strangers answer 401, 403 or 422 with an error object."""
        if answer.status in {401, 403, 422}:
            return f"answered {answer.status}: closed to strangers"
        return super().is_refusal(answer)

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page of statuses; pages end at the floor or with an empty page."""
        statuses = statuses_of(answer, fetch)
        if not statuses and fetch.chain == "local" and query_value(fetch.url, "max_id") is None:
            raise PageChanged(
                f"{answer.url}: an empty local timeline; servers that close it to strangers show this"
            )
        reading = parse(statuses, context, fetch.carry.get("query"))
        newest = max(
            (str(s["created_at"]) for s in statuses if isinstance(s, dict) and "created_at" in s), default=""
        )
        times = [parse_time(newest, context.now)[0]]  # one form of time, always in UTC: the latest sorts last
        # the last one shown, not the lowest id: snac's ids of one second are in no order
        last = next((str(s["id"]) for s in reversed(statuses) if isinstance(s, dict) and "id" in s), None)
        stuck = last is not None and last == query_value(fetch.url, "max_id")
        if last is None or stuck or fetch.kind == "search" or context.all_older(fetch.chain, times):
            reading.ended = (fetch.chain,)
        else:
            following = with_query(fetch.url, max_id=last)
            reading.follow.append(Fetch(following, kind=fetch.kind, chain=fetch.chain, carry=fetch.carry))
        return reading


def _tags(context: Context) -> list[str]:
    """Queries that can be tags: one word."""
    return [query.lstrip("#") for query in context.queries if query.strip() and len(query.split()) == 1]


def _tag_fetch(base: str, tag: str) -> Fetch:
    url = f"{base}/api/v1/timelines/tag/{quote(tag, safe='')}?limit={_LIMIT}"
    return Fetch(url, kind="tag", chain=f"tag {tag}", carry={"query": f"#{tag}"})


def _any_fetch(base: str, tags: list[str]) -> Fetch:
    """One walk through the posts that have any of the tags: fewer requests, and none twice."""
    address = f"{base}/api/v1/timelines/tag/{quote(tags[0], safe='')}?"
    address += urlencode([("limit", _LIMIT), *(("any[]", tag) for tag in tags[1:])])
    shown = " ".join(f"#{tag}" for tag in tags)
    return Fetch(address, kind="tag", chain=f"tags {shown}", carry={"query": shown})


def _search_fetch(base: str, query: str) -> Fetch:
    url = with_query(f"{base}/api/v2/search", type="statuses", limit=_LIMIT, q=query)
    return Fetch(url, kind="search", chain=f"search {query}", essential=False, carry={"query": query})


def statuses_of(answer: Answer, fetch: Fetch) -> list[Any]:
    """The statuses that an answer holds. Raises ``PageChanged``."""
    if fetch.kind == "search":
        found = load_json(answer, dict).get("statuses")
        if not isinstance(found, list):
            raise PageChanged(f"{answer.url}: search answer without statuses")
        return found
    return load_json(answer, list)


def parse(statuses: list[Any], context: Context, query: str | None = None) -> Reading:
    """Statuses as posts; a boost becomes a post without words of its own beside the one that it boosts."""
    reading = Reading()
    known = {str(s["id"]): native_id(s, context) for s in statuses if isinstance(s, dict) and "id" in s}
    read_each(statuses, lambda status: _posts(status, context, known, query), reading, show_json)
    return reading


def native_id(status: dict[str, Any], context: Context) -> str:
    """``<home server>/<id there>``: the same for every server that shows this status."""
    found = _URI.match(str(status.get("uri") or ""))
    own = str(status["id"])
    host = found[1].lower() if found else None
    steps = [step for step in found[2].split("/") if step and step != "activity"] if found else []
    if not host or own in steps:  # boosts are activities
        return f"{context.site if not host or host in _LOCAL else host}/{own}"
    return f"{host}/{steps[-1] if steps else own}"


_URI = re.compile(
    r"[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^/?#@]*@)?(\[[^/?#\]]*\]|[^/?#:@]+)(?::\d*)?(?=[/?#]|$)([^?#]*)"
)
_LOCAL = {"127.0.0.1", "localhost"}


def _posts(status: dict[str, Any], context: Context, known: dict[str, str], query: str | None) -> list[Post]:
    boosted = status.get("reblog")
    if not isinstance(boosted, dict):
        return [_post(status, context, known, query)]
    original = _post(boosted, context, known, query)
    return [original, _post(status, context, known, query, boosted=original)]


def _post(
    status: dict[str, Any],
    context: Context,
    known: dict[str, str],
    query: str | None,
    boosted: Post | None = None,
) -> Post:
    content = "" if boosted else str(status["content"] or "")
    at, precision = parse_time(status["created_at"], context.now)
    warning = html_to_text(str(spoiler)) or None if (spoiler := status.get("spoiler_text")) else None
    account = status.get("account") or {}
    quoted = (status.get("quote") or {}).get("quoted_status") or {}
    return context.post(
        "mastodon",
        known.get(str(status["id"])) or native_id(status, context),
        html_to_text(content),
        url=status.get("url") or status.get("uri"),
        title=warning,
        author_key=context.author("mastodon", _handle(account, context)),
        published_at=at,
        published_precision=precision,
        likes=parse_count(status.get("favourites_count"))[0],
        reposts=parse_count(status.get("reblogs_count"))[0],
        replies=parse_count(status.get("replies_count"))[0],
        parent_id=_parent(status, context, known),
        quoted_id=f"mastodon:{native_id(quoted, context)}" if quoted.get("id") else None,
        repost_of=boosted.post_id if boosted else None,
        links=_links(content),
        media=tuple(m["url"] for m in status.get("media_attachments") or [] if m.get("url"))[:20],
        query=query,
    )


def _handle(account: dict[str, Any], context: Context) -> str | None:
    """``user@server``; a server leaves its own name out of its users'."""
    name = str(account.get("acct") or "").lower()
    return name if "@" in name or not name else f"{name}@{context.site}"


def _parent(status: dict[str, Any], context: Context, known: dict[str, str]) -> str | None:
    """The status replied to; its id is this server's own, so its home is known only when we saw it."""
    local = status.get("in_reply_to_id")
    return f"mastodon:{known.get(str(local), f'{context.site}/{local}')}" if local else None


def _links(content: str) -> tuple[str, ...]:
    """Links that the writer set; mentions and tags are the server's."""
    return tuple(link for link in links_of(content) if "/tags/" not in link and "/@" not in link)
