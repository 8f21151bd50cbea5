"""Exports of Zeeschuimer, a browser extension that keeps what a person's own feed showed (NDJSON, one module each).

Field names as 4CAT's importers of these exports read them (github.com/digitalmethodsinitiative/4cat, datasources).
"""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

from crawlers.importers.formats.base import Format
from crawlers.importers.mapping import Mapping
from crawlers.importers.rows import Row

_COLLECTED = {"collected_at": ("timestamp_collected",)}

XIAOHONGSHU = Mapping(
    "zeeschuimer-xiaohongshu",
    {
        "id": ("data.id", "data.note_id", "item_id"),
        "title": (
            "data.note_card.display_title",
            "data.note_card.title",
            "data.note.title",
            "data.display_title",
            "data.title",
        ),
        "text": ("data.note_card.desc", "data.note.desc", "data.desc"),
        "published_at": ("data.note_card.time", "data.note.time", "data.time"),
        "author": ("data.note_card.user.user_id", "data.note.user.userId", "data.user.user_id"),
        "likes": (
            "data.note_card.interact_info.liked_count",
            "data.note.interactInfo.likedCount",
            "data.interact_info.liked_count",
            "data.likes",
        ),
        "replies": (
            "data.note_card.interact_info.comment_count",
            "data.note.interactInfo.commentCount",
            "data.interact_info.comment_count",
        ),
        "reposts": (
            "data.note_card.interact_info.share_count",
            "data.note.interactInfo.shareCount",
            "data.interact_info.share_count",
        ),
        "media": (
            "data.note_card.image_list[].url_default",
            "data.note.imageList[].urlDefault",
            "data.image_list[].url_default",
            "data.thumbnail_url",
        ),
        **_COLLECTED,
    },
    "xiaohongshu",
    # The token that the site adds to its own links is short-lived: the address without it is the lasting one.
    url="https://www.xiaohongshu.com/explore/{id}",
)
XIAOHONGSHU_COMMENTS = Mapping(
    "zeeschuimer-xiaohongshu-comments",
    {
        "id": ("data.id",),
        "text": ("data.content",),
        "published_at": ("data.create_time",),
        "author": ("data.user_info.user_id",),
        "likes": ("data.like_count",),
        "replies": ("data.sub_comment_count",),
        "thread_id": ("data.note_id",),
        "parent_id": ("data.target_comment.id", "data.note_id"),
        **_COLLECTED,
    },
    "xiaohongshu",
)
# The feed calls an author by sec_uid and uid, embedded pages by sec_uid only: one author, one key.
DOUYIN = Mapping(
    "zeeschuimer-douyin",
    {
        "id": ("data.aweme_id", "data.awemeId"),
        "text": ("data.desc",),
        "published_at": ("data.create_time", "data.createTime"),
        "author": ("data.author.sec_uid", "data.authorInfo.secUid", "data.author.uid"),
        "likes": ("data.statistics.digg_count", "data.stats.diggCount"),
        "replies": ("data.statistics.comment_count", "data.stats.commentCount"),
        "reposts": ("data.statistics.share_count", "data.stats.shareCount"),
        "views": ("data.statistics.play_count", "data.stats.playCount"),
        "media": ("data.images[].url_list[0]", "data.video.play_addr.url_list[0]"),
        **_COLLECTED,
    },
    "douyin",
    url="https://www.douyin.com/video/{id}",
)
_FLAT = ("id", "text", "published_at", "author", "likes", "replies", "reposts", "views")
_FLAT_LINKS = ("thread_id", "parent_id", "quoted_id", "repost_of", "links", "media")
_TWEET: dict[str, tuple[str, ...]] = {name: (name,) for name in (*_FLAT, *_FLAT_LINKS)}
TWITTER = Mapping(
    "zeeschuimer-twitter", {**_TWEET, **_COLLECTED}, "twitter", url="https://x.com/i/status/{id}"
)
_SHARED = "data.text_post_app_info.share_info"
THREADS = Mapping(
    "zeeschuimer-threads",
    {
        "id": ("data.code",),
        "text": ("data.caption.text",),
        "published_at": ("data.taken_at",),
        "author": ("data.user.pk", "data.user.id", "data.user.username"),
        "likes": ("data.like_count",),
        "replies": ("data.text_post_app_info.direct_reply_count",),
        "reposts": ("data.text_post_app_info.repost_count",),
        "quoted_id": (f"{_SHARED}.quoted_post.code",),
        "repost_of": (f"{_SHARED}.reposted_post.code",),
        "media": ("data.image_versions2.candidates[0].url",),
        **_COLLECTED,
    },
    "threads",
    url="https://www.threads.com/t/{id}",
)
TIKTOK = Mapping(
    "zeeschuimer-tiktok",
    {
        "id": ("data.id",),
        "text": ("data.desc",),
        "published_at": ("data.createTime",),
        "author": ("data.author.id", "data.authorId", "data.author.uniqueId"),
        "likes": ("data.stats.diggCount",),
        "replies": ("data.stats.commentCount",),
        "reposts": ("data.stats.shareCount",),
        "views": ("data.stats.playCount",),
        "media": ("data.video.downloadAddr",),
        **_COLLECTED,
    },
    "tiktok",
    url="https://www.tiktok.com/@_/video/{id}",
)
TIKTOK_COMMENTS = Mapping(
    "zeeschuimer-tiktok-comments",
    {
        "id": ("data.cid",),
        "text": ("data.text",),
        "published_at": ("data.create_time",),
        "author": ("data.user.uid", "data.user.unique_id"),
        "likes": ("data.digg_count",),
        "replies": ("data.reply_comment_total",),
        "thread_id": ("data.aweme_id",),
        "parent_id": ("data.reply_id", "data.aweme_id"),
        **_COLLECTED,
    },
    "tiktok",
)
INSTAGRAM = Mapping(
    "zeeschuimer-instagram",
    {
        "id": ("data.code", "data.shortcode"),
        "text": ("data.caption.text", "data.edge_media_to_caption.edges[0].node.text"),
        "published_at": ("data.taken_at", "data.taken_at_timestamp"),
        "author": ("data.user.pk", "data.user.id", "data.owner.id", "data.owner.pk", "data.user.username"),
        "likes": ("data.like_count", "data.edge_media_preview_like.count", "data.edge_liked_by.count"),
        "replies": (
            "data.comment_count",
            "data.edge_media_preview_comment.count",
            "data.edge_media_to_comment.count",
        ),
        "views": ("data.play_count", "data.view_count", "data.video_view_count"),
        "media": ("data.image_versions2.candidates[0].url", "data.display_url"),
        **_COLLECTED,
    },
    "instagram",
    url="https://www.instagram.com/p/{id}",
)


def is_row(row: Row) -> bool:
    """Whether a row has Zeeschuimer's envelope."""
    return isinstance(row.get("data"), dict) and "nav_index" in row and "source_platform" in row


def _module(*names: str) -> Callable[[Row], bool]:
    def fits(row: Row) -> bool:
        return is_row(row) and _plain(row["source_platform"]) in names

    return fits


def _plain(platform: object) -> str:
    return str(platform).lower().replace(".com", "").replace(".net", "")


def _is_comment(row: Row) -> bool:
    """Older versions file comments under the notes' module."""
    return (
        _module("xiaohongshu", "rednote")(row)
        and "target_comment" in row["data"]
        and "content" in row["data"]
    )


def _note_why(row: Row) -> str | None:
    data = row.get("data", {})
    if "note_card" not in data and "note" not in data and "user" not in data:
        return "a tile without its note: open it in the browser to collect it"
    return None


def _douyin_why(row: Row) -> str | None:
    data = row.get("data", {})
    return "a live stream, no post" if "rawdata" in data or "cell_room" in data else None


def _tweet(row: Row) -> Row | str:
    """A tweet in flat form: a retweet carries the words of what it passes on, but not its counts."""
    tweet = _inner(row["data"])
    legacy = tweet.get("legacy")
    if not isinstance(legacy, dict):
        return "a tweet that was not shown (deleted, withheld or an advertisement)"
    original = _inner(_deep(legacy, "retweeted_status_result", "result"))
    counts = {} if original else _tweet_counts(tweet, legacy)
    author = _deep(tweet, "core", "user_results", "result", "rest_id") or legacy.get("user_id_str")
    return {
        "id": _tweet_id(tweet),
        "text": _tweet_text(original or tweet),
        "published_at": legacy.get("created_at"),
        "author": author or _poster(legacy),
        "thread_id": legacy.get("conversation_id_str"),
        "parent_id": legacy.get("in_reply_to_status_id_str"),
        "quoted_id": _quoted(tweet, legacy) if not original else None,
        "repost_of": _tweet_id(original) if original else None,
        "links": _each(legacy, "entities", "urls", "expanded_url"),
        "media": _each(legacy, "extended_entities", "media", "media_url_https")
        or _each(legacy, "entities", "media", "media_url_https"),
        "timestamp_collected": row.get("timestamp_collected"),
        **counts,
    }


def _inner(result: Any) -> Row:  # noqa: ANN401  JSON
    """The tweet itself where a notice about its visibility is wrapped around it."""
    if not isinstance(result, dict):
        return {}
    wrapped = result.get("tweet")
    return wrapped if isinstance(wrapped, dict) else result


def _deep(value: Any, *names: str) -> Any:  # noqa: ANN401  JSON
    """What stands at these names, one inside the other."""
    for name in names:
        value = value.get(name) if type(value) is dict else None
    return value


def _each(legacy: Row, part: str, name: str, field: str) -> list[Any] | None:
    """One field of every object of a list; ``None`` where there is no such list."""
    found = _deep(legacy, part, name)
    return [_deep(one, field) for one in found[:50]] if type(found) is list else None


def _tweet_id(tweet: Row) -> Any:  # noqa: ANN401  JSON
    return tweet.get("rest_id") or _deep(tweet, "legacy", "id_str")


def _tweet_text(tweet: Row) -> str | None:
    """The long form where there is one; the site escapes &, < and >."""
    long = _deep(tweet, "note_tweet", "note_tweet_results", "result", "text")
    text = long or _deep(tweet, "legacy", "full_text")
    return unescape(text) if isinstance(text, str) else None


def _tweet_counts(tweet: Row, legacy: Row) -> Row:
    return {
        "likes": legacy.get("favorite_count"),
        "replies": legacy.get("reply_count"),
        "reposts": legacy.get("retweet_count"),
        "views": _deep(tweet, "views", "count"),
    }


def _quoted(tweet: Row, legacy: Row) -> Any:  # noqa: ANN401  JSON
    quoted = _inner(_deep(tweet, "quoted_status_result", "result"))
    return quoted.get("rest_id") or legacy.get("quoted_status_id_str")


def _poster(legacy: Row) -> str | None:
    """Where a tweet lacks its author, the address of its own picture still names them."""
    pictures = [
        *(_each(legacy, "extended_entities", "media", "expanded_url") or ()),
        *(_each(legacy, "entities", "media", "expanded_url") or ()),
    ]
    shown = next(filter(None, pictures), None)
    parts = str(shown).split("/") if shown else []
    return parts[3].lower() if len(parts) > 4 and parts[4] == "status" else None


def _instagram_post(row: Row) -> Row | str:
    link = row["data"].get("link")
    redirected = isinstance(link, str) and link.startswith("https://www.facebook.com/ads/")
    return "an advertisement" if redirected or row["data"].get("product_type") == "ad" else row


_ADVERTISED = ("data.link", "data.product_type")
_TEXT_READS = ("rest_id", "legacy.id_str", "legacy.full_text", "note_tweet.note_tweet_results.result.text")
_LEGACY_READS = (
    *(
        "created_at",
        "user_id_str",
        "conversation_id_str",
        "in_reply_to_status_id_str",
        "quoted_status_id_str",
    ),
    *(
        "favorite_count",
        "reply_count",
        "retweet_count",
        "entities.urls",
        "entities.media",
        "extended_entities.media",
    ),
)
_ONE_TWEET = (
    *_TEXT_READS,
    *(f"legacy.{name}" for name in _LEGACY_READS),
    *("core.user_results.result.rest_id", "views.count"),
    *(f"quoted_status_result.result.{name}" for name in ("rest_id", "tweet.rest_id")),
    *(
        f"legacy.retweeted_status_result.result.{tweet}{name}"
        for tweet in ("", "tweet.")
        for name in _TEXT_READS
    ),
)
_TWEET_READS = tuple(f"data.{tweet}{name}" for tweet in ("", "tweet.") for name in _ONE_TWEET)
_RED = "zeeschuimer-xiaohongshu"
FORMATS = (
    Format(XIAOHONGSHU_COMMENTS, _module("xiaohongshu-comments", "rednote-comments"), _RED),
    Format(XIAOHONGSHU_COMMENTS, _is_comment, _RED),
    Format(XIAOHONGSHU, _module("xiaohongshu", "rednote"), _RED, why=_note_why),
    Format(DOUYIN, _module("douyin"), "zeeschuimer-douyin", why=_douyin_why),
    Format(TWITTER, _module("twitter", "x"), "zeeschuimer-twitter", prepare=_tweet, reads=_TWEET_READS),
    Format(THREADS, _module("threads"), "zeeschuimer-threads"),
    Format(TIKTOK_COMMENTS, _module("tiktok-comments"), "zeeschuimer-tiktok"),
    Format(TIKTOK, _module("tiktok"), "zeeschuimer-tiktok"),
    Format(
        INSTAGRAM, _module("instagram"), "zeeschuimer-instagram", prepare=_instagram_post, reads=_ADVERTISED
    ),
)
