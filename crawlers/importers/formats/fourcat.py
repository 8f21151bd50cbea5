"""CSV that 4CAT exports, whatever the data came from: its first columns are always the same, the rest differ."""

from __future__ import annotations

from crawlers.importers.formats.base import Format, has
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row

_ADDRESSES = ("post_url", "tweet_url", "tiktok_url", "permalink", "url")
FOURCAT = Mapping(
    "4cat",
    {
        "id": ("id",),
        "text": ("body",),
        "title": ("subject",),
        "author": ("author_id", "author", "author_name"),
        "platform": (
            "post_url",
            "tweet_url",
            "tiktok_url",
            "collected_from_url",
            "post_source_domain",
            "url",
        ),
        "published_at": ("unix_timestamp", "timestamp"),
        "likes": ("likes", "like_count", "digg_count", "num_likes", "amount_likes"),
        "replies": ("replies", "reply_count", "comments", "comment_count", "num_comments"),
        "reposts": ("retweet_count", "reposts", "shares", "share_count", "forward_count"),
        "views": ("views", "impression_count", "play_count", "plays"),
        "thread_id": ("thread_id",),
        "parent_id": ("parent_id", "in_reply_to", "replied_to"),
        "quoted_id": ("quoted_tweet_id", "quoted"),
        "url": _ADDRESSES,
        "media": ("images", "image_url", "image_urls", "videos", "video_url"),
    },
    "4cat",
    "UTC",  # 4CAT writes times without a zone in UTC
)
_HIDDEN = {"REDACTED", "[redacted]"}


def _shown(row: Row) -> Row:
    """Authors that 4CAT took out are nobody, not one person called REDACTED; a post is no answer to itself."""
    changed = {key: "" for key, value in row.items() if key.startswith("author") and value in _HIDDEN}
    if row.get("parent_id") == row.get("id"):
        changed["parent_id"] = ""
    return {**row, **changed} if changed else row


FORMATS = (Format(FOURCAT, has("id", "thread_id", "body", "timestamp"), "4cat", prepare=_shown),)
