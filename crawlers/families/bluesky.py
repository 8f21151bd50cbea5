"""Bluesky: search by query in narrow windows, and the feeds of named accounts.

Without a login the search gives out one page per question, so each window is asked for anew, ending where the page
before ended; that also keeps questions small, as the service asks. With ``login = true`` (the user's own app password,
``url`` is the user's own server) pages follow the cursor.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
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
from crawlers.times import UNKNOWN, Known, parse_time
from pipeline.errors import UsageError
from pipeline.records import Post

_LIMIT = 100
_SEARCH, _FEED = "app.bsky.feed.searchPosts", "app.bsky.feed.getAuthorFeed"
_MEMBERS_ONLY = "!no-unauthenticated"
_STEP = timedelta(milliseconds=1)


class Bluesky(Family):
    """``url`` is the service. ``actors`` names accounts to read; ``search = false`` leaves the queries out."""

    name = "bluesky"
    params = frozenset({"actors", "search", "login", "window_hours", "lang"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain per query and per account."""
        base = url.rstrip("/") + "/xrpc/"
        actors = context.params.get("actors", [])
        if not isinstance(actors, list) or not all(isinstance(a, str) and a for a in actors):
            raise UsageError(f'source {context.source}: write actors = ["name.example", "…"]')
        queries = context.queries if context.params.get("search", True) else ()
        alone = len(queries) + len(actors) == 1
        fetches = [self._window(f"{base}{_SEARCH}", q, context.now, context, alone) for q in queries]
        for actor in actors:
            address = with_query(f"{base}{_FEED}", actor=actor, limit=_LIMIT, filter="posts_with_replies")
            fetches.append(Fetch(address, "feed", f"actor {actor}", alone))
        if not fetches:
            raise UsageError(f"source {context.source}: give the incident queries, or the source actors")
        return fetches

    def is_refusal(self, answer: Answer) -> str | None:
        """A cursor without login is 403; so is search on the service's public cache."""
        if answer.status == 403 and query_value(answer.url, "cursor"):
            return "answered 403: further pages of this search need a login"
        if answer.status == 403 and _SEARCH in answer.url:
            return "answered 403: this server has no search for strangers"
        return super().is_refusal(answer)

    def login(self, url: str, secrets: Mapping[str, str]) -> tuple[str, dict[str, Any]] | None:
        """A session by the user's app password."""
        address = url.rstrip("/") + "/xrpc/com.atproto.server.createSession"
        return address, {
            "identifier": secrets["bluesky_identifier"],
            "password": secrets["bluesky_app_password"],
        }

    def session_headers(self, answer: Answer) -> dict[str, str]:
        """The session's token; empty where the login answered something else."""
        try:
            token = load_json(answer, dict).get("accessJwt")
        except PageChanged:
            return {}
        return {"Authorization": f"Bearer {token}"} if isinstance(token, str) and token else {}

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """One page, and where the next one is."""
        page = load_json(answer, dict)
        entries = page.get("posts" if fetch.kind == "search" else "feed")
        if not isinstance(entries, list):
            raise PageChanged(f"{answer.url}: no list of posts")
        reading = parse(entries, context, fetch.carry.get("query"))
        following = self._next(page, entries, fetch, context)
        if following is None:
            reading.ended = (fetch.chain,)
        else:
            reading.follow.append(following)
        return reading

    def _next(self, page: dict[str, Any], entries: list[Any], fetch: Fetch, context: Context) -> Fetch | None:
        cursor, moments = page.get("cursor"), _sort_times(entries, context.now)
        if fetch.kind == "feed" or context.params.get("login"):
            if cursor and entries and not context.all_older(fetch.chain, [*moments]):
                address = with_query(fetch.url, cursor=cursor)
                return Fetch(address, fetch.kind, fetch.chain, fetch.essential, fetch.carry)
            if fetch.kind == "feed":
                return None
        since = datetime.fromisoformat(fetch.carry["since"])
        until = min(moments) + _STEP if len(entries) >= _LIMIT and moments else since
        before = datetime.fromisoformat(fetch.carry["until"])
        if until >= before:
            raise PageChanged(f"{fetch.url}: {_LIMIT} posts, none older than asked: the window is not obeyed")
        address = with_query(fetch.url, q=None, since=None, until=None, cursor=None)
        floor = context.floor(fetch.chain)
        if until <= floor:
            return None
        return self._window(address, fetch.carry["query"], until, context, fetch.essential)

    @staticmethod
    def _window(address: str, query: str, until: datetime, context: Context, essential: bool) -> Fetch:
        chain = f"search {query}"
        hours = timedelta(hours=count_param(context.params, "window_hours", 24, 10_000))
        since = max(context.floor(chain), until - hours)
        values = {"q": query, "sort": "latest", "limit": _LIMIT, "lang": context.params.get("lang")}
        url = with_query(address, **values, since=_stamp(since), until=_stamp(until))
        carry = {"query": query, "since": since.isoformat(), "until": until.isoformat()}
        return Fetch(url, "search", chain, essential, carry)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sort_times(entries: list[Any], now: datetime) -> list[datetime]:
    """When each entry sorts."""
    posts = [one.get("post", one) for one in entries if isinstance(one, dict)]
    times = [_moment(view, now)[0] for view in posts if isinstance(view, dict)]
    return [moment for moment in times if moment is not None]


def _moment(view: dict[str, Any], now: datetime) -> Known:
    """When it was written, or arrived if that was earlier: the writer's clock may run years ahead."""
    record = view.get("record")
    written = parse_time(record.get("createdAt") if isinstance(record, dict) else None, now, UTC)
    arrived = parse_time(view.get("indexedAt"), now, UTC)
    return min((one for one in (written, arrived) if one[0]), default=UNKNOWN, key=lambda one: one[0] or now)


def parse(entries: list[Any], context: Context, query: str | None = None) -> Reading:
    """Posts of a search or feed page; a repost becomes a post without words beside the one it repeats."""
    reading = Reading()
    read_each(entries, lambda entry: _posts(entry, context, query), reading, _show)
    return reading


def _show(entry: Any) -> str:  # noqa: ANN401  JSON
    """An entry for the rejects file; of writers who ask not to be shown to strangers, the address alone."""
    post = entry.get("post", entry) if isinstance(entry, dict) else entry
    hidden = isinstance(post, dict) and _is_for_members(post)
    return show_json(post.get("uri") if hidden else entry)


def _is_for_members(post: dict[str, Any]) -> bool:
    labels = (post.get("author") or {}).get("labels") or []
    return any(isinstance(label, dict) and label.get("val") == _MEMBERS_ONLY for label in labels)


def _posts(entry: dict[str, Any], context: Context, query: str | None) -> list[Post]:
    view, reason = entry.get("post", entry), entry.get("reason") or {}
    if _is_for_members(view) and not context.params.get("login"):
        raise ValueError("its writer asks that strangers are not shown it")
    original = _post(view, context, query)
    if not str(reason.get("$type", "")).endswith("#reasonRepost") or not reason.get("uri"):
        return [original]
    at, precision = parse_time(reason.get("indexedAt"), context.now, UTC)
    again = context.post(
        "bluesky",
        _uri(reason["uri"]),
        "",
        author_key=context.author("bluesky", (reason.get("by") or {}).get("did")),
        published_at=at,
        published_precision=precision,
        repost_of=original.post_id,
        query=query,
    )
    return [original, again]


def _uri(value: object) -> str:
    """An ``at://`` address. Raises ``ValueError`` for anything else."""
    if not isinstance(value, str) or not value.startswith("at://") or value.count("/") != 4:
        raise ValueError(f"uri {value!r}")
    return value


def _post(view: dict[str, Any], context: Context, query: str | None) -> Post:
    uri, record, embed = _uri(view["uri"]), view["record"], view.get("embed") or {}
    did, _, key = uri.removeprefix("at://").split("/")
    at, precision = _moment(view, context.now)
    return context.post(
        "bluesky",
        uri,
        str(record["text"]),
        url=f"https://bsky.app/profile/{did}/post/{key}",
        author_key=context.author("bluesky", did),
        published_at=at,
        published_precision=precision,
        likes=parse_count(view.get("likeCount"))[0],
        reposts=parse_count(view.get("repostCount"))[0],
        replies=parse_count(view.get("replyCount"))[0],
        thread_id=_reply(record, "root"),
        parent_id=_reply(record, "parent"),
        quoted_id=_quoted(embed),
        links=_links(record, embed),
        media=_media(embed),
        query=query,
    )


def _reply(record: dict[str, Any], end: str) -> str | None:
    uri = ((record.get("reply") or {}).get(end) or {}).get("uri")
    return f"bluesky:{uri}" if uri else None


def _quoted(embed: dict[str, Any]) -> str | None:
    """The quoted post: in a view of its own, or beside media."""
    inner = embed.get("record") or {}
    uri = inner.get("uri") or (inner.get("record") or {}).get("uri")
    return f"bluesky:{uri}" if uri and "/app.bsky.feed.post/" in uri else None


def _links(record: dict[str, Any], embed: dict[str, Any]) -> tuple[str, ...]:
    """Addresses that the writer linked, and the one of a link card."""
    features = [f for facet in record.get("facets") or [] for f in facet.get("features") or []]
    external = (embed.get("external") or (embed.get("media") or {}).get("external") or {}).get("uri")
    found = [*(f.get("uri") for f in features), external]
    web = [link for link in found if isinstance(link, str) and link.startswith(("http://", "https://"))]
    return tuple(dict.fromkeys(web))[:50]


def _media(embed: dict[str, Any]) -> tuple[str, ...]:
    holder = embed.get("media") or embed
    found = [one.get("fullsize") for one in holder.get("images") or []] + [holder.get("playlist")]
    return tuple(url for url in found if isinstance(url, str))[:20]
