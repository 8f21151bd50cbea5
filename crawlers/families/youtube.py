"""YouTube by its Data API with the user's own key: search or channels, each video's figures, comments and replies.

A search costs 100 units of the key's daily 10,000, everything else 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from crawlers.families.base import Family, count_param, load_json, read_each, show_json, with_query
from crawlers.families.googlefactcheck import google_refusal
from crawlers.items import Answer, Context, Fetch, PageChanged, Reading
from crawlers.text import parse_count
from crawlers.times import parse_time
from pipeline.errors import UsageError
from pipeline.records import Post

_PER_PAGE = 50
_VIDEO = re.compile(r"[\w-]{6,20}")
_COMMENT = re.compile(r"[\w.-]{4,80}")
_CHANNEL = re.compile(r"UC[\w-]{22}")
_NOTHING_THERE = (b"commentsDisabled", b"videoNotFound", b"commentNotFound")


class YouTube(Family):
    """``url`` is the API's host. ``channels`` (UC…) are read; without them each query is searched."""

    name = "youtube"
    params = frozenset({"channels", "comments", "language", "pages"})

    def start(self, url: str, context: Context) -> list[Fetch]:
        """One chain per channel or query."""
        base = url.rstrip("/") + "/youtube/v3/"
        channels = context.params.get("channels", [])
        if not isinstance(channels, list) or not all(_CHANNEL.fullmatch(str(one)) for one in channels):
            raise UsageError(f'source {context.source}: write channels = ["UC…", "…"]')
        if not channels and not context.queries:
            raise UsageError(f"source {context.source}: give the incident queries, or the source channels")
        if channels:
            return [_uploads(base, one, alone=len(channels) == 1) for one in channels]
        return [_search(base, one, context) for one in context.queries]

    def secret_headers(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """The key as a header, so that it never stands in an address."""
        return {"X-Goog-Api-Key": secrets["google_api_key"]}

    def is_refusal(self, answer: Answer) -> str | None:
        """``quotaExceeded``, ``keyInvalid`` and their like come as 400 or 403 with the reason inside."""
        return google_refusal(answer) or super().is_refusal(answer)

    def is_end(self, answer: Answer, fetch: Fetch) -> bool:
        """Comments that are switched off are an error to the API, and an end to us."""
        closed = answer.status in {403, 404} and any(word in answer.body for word in _NOTHING_THERE)
        return fetch.kind in {"comments", "replies"} and closed

    def read(self, answer: Answer, fetch: Fetch, context: Context) -> Reading:
        """A list gives videos to look up; videos, comments and replies give posts."""
        page = load_json(answer, dict)
        items = page.get("items")
        if not isinstance(items, list):
            raise PageChanged(f"{answer.url}: no list of items")
        reading = Reading()
        if fetch.kind == "list":
            self._videos(items, fetch, reading)
        elif fetch.kind == "detail":
            read_each(items, lambda item: video(item, context, fetch.carry.get("query")), reading, show_json)
            if context.params.get("comments"):
                reading.follow += [_comments(fetch.url, item["id"]) for item in items if _has_comments(item)]
            return reading
        elif fetch.kind == "replies":
            read_each(items, lambda item: reply(item, fetch.carry["video"], context), reading, show_json)
        else:
            read_each(items, lambda item: thread(item, context), reading, show_json)
            shown = [(one, item["snippet"]["videoId"]) for item in items for one in _inline(item)]
            read_each(shown, lambda pair: reply(*pair, context), reading, show_json)
            reading.follow += [_replies(item, fetch) for item in items if _has_more_replies(item)]
        self._turn(page, items, fetch, reading, context)
        return reading

    @staticmethod
    def _videos(items: list[Any], fetch: Fetch, reading: Reading) -> None:
        """One look-up for all videos of a list page."""
        found: list[str] = []
        listed = Reading()  # an entry counts once: when its video is looked up
        read_each(items, lambda item: found.append(_video_id(item)), listed, show_json)
        reading.rejects += listed.rejects
        if items and not found:
            raise PageChanged(f"{fetch.url}: items without video ids")
        if found:
            root = fetch.url.split("/youtube/v3/")[0] + "/youtube/v3/videos"
            address = with_query(root, part="snippet,statistics", id=",".join(dict.fromkeys(found)))
            reading.follow.append(Fetch(address, "detail", fetch.chain, essential=False, carry=fetch.carry))

    @staticmethod
    def _turn(
        page: dict[str, Any], items: list[Any], fetch: Fetch, reading: Reading, context: Context
    ) -> None:
        token, number = page.get("nextPageToken"), int(fetch.carry.get("page", 1))
        times = [post.published_at for post in reading.posts] or [_listed_at(item, context) for item in items]
        done = not token or not items or context.all_older(fetch.chain, times)
        if done or number >= count_param(context.params, "pages", 5, 1_000):
            reading.ended = (fetch.chain,)
            return
        address = with_query(fetch.url, pageToken=token)
        carry = {**fetch.carry, "page": number + 1}
        reading.follow.append(Fetch(address, fetch.kind, fetch.chain, fetch.essential, carry))


def _listed_at(item: object, context: Context) -> datetime | None:
    shown = item.get("snippet") if isinstance(item, dict) else None
    return parse_time(shown.get("publishedAt") if isinstance(shown, dict) else None, context.now)[0]


def _search(base: str, query: str, context: Context) -> Fetch:
    chain = f"search {query}"
    values = {
        "part": "snippet",
        "type": "video",
        "order": "date",
        "maxResults": _PER_PAGE,
        "q": query,
        "publishedAfter": context.floor(chain).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "relevanceLanguage": context.params.get("language"),
    }
    alone = len(context.queries) == 1
    return Fetch(with_query(base + "search", **values), "list", chain, alone, {"query": query})


def _uploads(base: str, channel: str, *, alone: bool) -> Fetch:
    """A channel's list of uploads has the channel's id with UU for UC."""
    address = with_query(
        base + "playlistItems", part="snippet", playlistId=f"UU{channel[2:]}", maxResults=_PER_PAGE
    )
    return Fetch(address, "list", f"channel {channel}", alone)


def _comments(url: str, video_id: str) -> Fetch:
    root = url.split("/youtube/v3/")[0] + "/youtube/v3/commentThreads"
    values = {
        "part": "snippet,replies",
        "videoId": video_id,
        "order": "time",
        "textFormat": "plainText",
        "maxResults": 100,
    }
    return Fetch(with_query(root, **values), "comments", f"comments {video_id}", essential=False)


def _video_id(item: dict[str, Any]) -> str:
    """From a search result or an entry of a list. Raises ``ValueError``."""
    named = (
        item["id"].get("videoId")
        if isinstance(item["id"], dict)
        else item["snippet"]["resourceId"]["videoId"]
    )
    if not isinstance(named, str) or not _VIDEO.fullmatch(named):
        raise ValueError(f"video id {named!r}")
    return named


def _has_comments(item: object) -> bool:
    counted = item.get("statistics", {}).get("commentCount") if isinstance(item, dict) else None
    return (
        bool(parse_count(counted)[0])
        and isinstance(item, dict)
        and bool(_VIDEO.fullmatch(str(item.get("id"))))
    )


def video(item: dict[str, Any], context: Context, query: str | None = None) -> Post:
    """One video: its title and description; hidden figures are ``None``."""
    native, shown = str(item["id"]), item["snippet"]
    if not _VIDEO.fullmatch(native):
        raise ValueError(f"video id {native[:40]!r}")
    figures = item.get("statistics") or {}
    title = str(shown.get("title") or "").strip() or None
    at, precision = parse_time(shown.get("publishedAt"), context.now)
    return context.post(
        "youtube",
        native,
        str(shown.get("description") or "").strip() or title or "",
        url=f"https://www.youtube.com/watch?v={native}",
        title=title,
        author_key=context.author("youtube", shown.get("channelId")),
        published_at=at,
        published_precision=precision,
        likes=parse_count(figures.get("likeCount"))[0],
        replies=parse_count(figures.get("commentCount"))[0],
        views=parse_count(figures.get("viewCount"))[0],
        query=query,
    )


def _is_thread(item: object) -> bool:
    """Whether an item says below which video it stands."""
    shown = item.get("snippet") if isinstance(item, dict) else None
    return isinstance(shown, dict) and bool(_VIDEO.fullmatch(str(shown.get("videoId"))))


def _inline(item: dict[str, Any]) -> list[Any]:
    """The few replies that a thread's own answer carries."""
    held = item.get("replies") if _is_thread(item) else None
    found = held.get("comments") if isinstance(held, dict) else None
    return found if isinstance(found, list) else []


def _has_more_replies(item: dict[str, Any]) -> bool:
    if not _is_thread(item) or not _COMMENT.fullmatch(str(item.get("id"))):
        return False
    return (parse_count(item["snippet"].get("totalReplyCount"))[0] or 0) > len(_inline(item))


def _replies(item: dict[str, Any], fetch: Fetch) -> Fetch:
    """All replies of a thread that shows only some of them."""
    root = fetch.url.split("/youtube/v3/")[0] + "/youtube/v3/comments"
    values = {"part": "snippet", "parentId": item["id"], "textFormat": "plainText", "maxResults": 100}
    carry = {"video": item["snippet"]["videoId"]}
    return Fetch(with_query(root, **values), "replies", fetch.chain, essential=False, carry=carry)


def thread(item: dict[str, Any], context: Context) -> Post:
    """The top comment of a thread below a video."""
    snippet = item["snippet"]
    counted = parse_count(snippet.get("totalReplyCount"))[0]
    return _comment(snippet["topLevelComment"], snippet["videoId"], context, replies=counted)


def reply(comment: dict[str, Any], video_id: str, context: Context) -> Post:
    """An answer to a top comment. Raises ``ValueError`` where it does not say to which."""
    parent = comment["snippet"].get("parentId")
    if not isinstance(parent, str) or not _COMMENT.fullmatch(parent):
        raise ValueError(f"parentId {str(parent)[:40]!r}")
    return _comment(comment, video_id, context, parent_id=f"youtube:{parent}")


def _comment(comment: dict[str, Any], video_id: str, context: Context, **more: Any) -> Post:  # noqa: ANN401  Post's fields
    shown = comment["snippet"]
    at, precision = parse_time(shown.get("publishedAt"), context.now)
    fields = {"parent_id": f"youtube:{video_id}", **more}
    return context.post(
        "youtube",
        str(comment["id"]),
        str(shown.get("textDisplay") or shown.get("textOriginal") or ""),
        url=f"https://www.youtube.com/watch?v={video_id}&lc={comment['id']}",
        author_key=context.author("youtube", (shown.get("authorChannelId") or {}).get("value")),
        published_at=at,
        published_precision=precision,
        likes=parse_count(shown.get("likeCount"))[0],
        thread_id=f"youtube:{video_id}",
        **fields,
    )
