"""Formats that are recognized from the file itself, by the names that their rows carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crawlers.importers.mapping import Mapping

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Format:
    """A known kind of row: how to tell it and how to read it."""

    mapping: Mapping
    fits: Callable[[Row], bool]
    source: str
    """Default name of the source in the raw layer."""


def _has(*names: str) -> Callable[[Row], bool]:
    return lambda row: all(name in row for name in names)


def _zeeschuimer(platform: str) -> Callable[[Row], bool]:
    return lambda row: (
        isinstance(row.get("data"), dict)
        and "nav_index" in row
        and str(row.get("source_platform", "")).removesuffix(".com") == platform
    )


CHINA = "Asia/Shanghai"

CED_POSTS = Mapping(
    "ced-posts",
    {
        "id": ("id",),
        "text": ("text",),
        "author": ("author",),
        "published_at": ("time",),
        "likes": ("likes",),
        "reposts": ("reposts",),
        "replies": ("comments",),
    },
    "weibo",
    CHINA,
)
# A repost's own words may be empty; ``post_id`` is the original's id in the posts file, not its Weibo number.
CED_REPOSTS = Mapping(
    "ced-reposts",
    {
        "id": ("id",),
        "text": ("text",),
        "author": ("author",),
        "published_at": ("time",),
        "repost_of": ("post_id",),
        "thread_id": ("post_id",),
        "parent_id": ("parent",),
    },
    "weibo",
    CHINA,
)
CLAIM_GROUPS = Mapping(
    "claim-groups", {"id": ("id",), "text": ("text",), "published_at": ("time",)}, "weibo", CHINA
)

XIAOHONGSHU = Mapping(
    "zeeschuimer-xiaohongshu",
    {
        "id": ("data.id", "data.note_id", "item_id"),
        "title": (
            "data.note_card.display_title",
            "data.note_card.title",
            "data.note.title",
            "data.display_title",
        ),
        "text": ("data.note_card.desc", "data.note.desc", "data.desc", "data.title"),
        "published_at": ("data.note_card.time", "data.note.time", "data.time"),
        "author": ("data.note_card.user.user_id", "data.note.user.userId", "data.user.user_id"),
        "likes": (
            "data.note_card.interact_info.liked_count",
            "data.note.interactInfo.likedCount",
            "data.likes",
        ),
        "replies": ("data.note_card.interact_info.comment_count", "data.note.interactInfo.commentCount"),
        "reposts": ("data.note_card.interact_info.share_count", "data.note.interactInfo.shareCount"),
        "collected_at": ("timestamp_collected",),
    },
    "xiaohongshu",
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
        "collected_at": ("timestamp_collected",),
    },
    "xiaohongshu",
)
DOUYIN = Mapping(
    "zeeschuimer-douyin",
    {
        "id": ("data.aweme_id", "data.awemeId"),
        "text": ("data.desc",),
        "published_at": ("data.create_time", "data.createTime"),
        "author": ("data.author.uid", "data.author.sec_uid", "data.authorInfo.secUid"),
        "likes": ("data.statistics.digg_count", "data.stats.diggCount"),
        "replies": ("data.statistics.comment_count", "data.stats.commentCount"),
        "reposts": ("data.statistics.share_count", "data.stats.shareCount"),
        "views": ("data.statistics.play_count", "data.stats.playCount"),
        "collected_at": ("timestamp_collected",),
    },
    "douyin",
)
TWITTER = Mapping(
    "zeeschuimer-twitter",
    {
        "id": ("data.rest_id",),
        "text": ("data.note_tweet.note_tweet_results.result.text", "data.legacy.full_text"),
        "published_at": ("data.legacy.created_at",),
        "author": ("data.core.user_results.result.rest_id", "data.legacy.user_id_str"),
        "likes": ("data.legacy.favorite_count",),
        "replies": ("data.legacy.reply_count",),
        "reposts": ("data.legacy.retweet_count",),
        "views": ("data.views.count",),
        "thread_id": ("data.legacy.conversation_id_str",),
        "parent_id": ("data.legacy.in_reply_to_status_id_str",),
        "quoted_id": ("data.quoted_status_result.result.rest_id",),
        "repost_of": ("data.legacy.retweeted_status_result.result.rest_id",),
        "collected_at": ("timestamp_collected",),
    },
    "twitter",
)
THREADS = Mapping(
    "zeeschuimer-threads",
    {
        "id": ("data.code",),
        "text": ("data.caption.text",),
        "published_at": ("data.taken_at",),
        "author": ("data.user.pk", "data.user.username"),
        "likes": ("data.like_count",),
        "replies": ("data.text_post_app_info.direct_reply_count",),
        "reposts": ("data.text_post_app_info.repost_count",),
        "collected_at": ("timestamp_collected",),
    },
    "threads",
)
TIKTOK = Mapping(
    "zeeschuimer-tiktok",
    {
        "id": ("data.id",),
        "text": ("data.desc",),
        "published_at": ("data.createTime",),
        "author": ("data.author.uniqueId",),
        "likes": ("data.stats.diggCount",),
        "replies": ("data.stats.commentCount",),
        "reposts": ("data.stats.shareCount",),
        "views": ("data.stats.playCount",),
        "collected_at": ("timestamp_collected",),
    },
    "tiktok",
)

FORMATS = (
    Format(CED_REPOSTS, _has("post_id", "id", "parent", "author", "time", "text"), "ced"),
    Format(CED_POSTS, _has("id", "mid62", "text", "author", "time", "reposts", "comments"), "ced"),
    Format(CLAIM_GROUPS, _has("group", "set", "id", "time", "text"), "claim-groups"),
    Format(XIAOHONGSHU_COMMENTS, _zeeschuimer("xiaohongshu.com-comments"), "zeeschuimer-xiaohongshu"),
    Format(
        XIAOHONGSHU_COMMENTS,
        lambda row: _zeeschuimer("xiaohongshu")(row)
        and "target_comment" in row["data"]
        and "content" in row["data"],
        "zeeschuimer-xiaohongshu",
    ),
    Format(XIAOHONGSHU_COMMENTS, _zeeschuimer("rednote-comments"), "zeeschuimer-xiaohongshu"),
    Format(XIAOHONGSHU, _zeeschuimer("xiaohongshu"), "zeeschuimer-xiaohongshu"),
    Format(XIAOHONGSHU, _zeeschuimer("rednote"), "zeeschuimer-xiaohongshu"),
    Format(DOUYIN, _zeeschuimer("douyin"), "zeeschuimer-douyin"),
    Format(TWITTER, _zeeschuimer("twitter"), "zeeschuimer-twitter"),
    Format(TWITTER, _zeeschuimer("x"), "zeeschuimer-twitter"),
    Format(THREADS, _zeeschuimer("threads"), "zeeschuimer-threads"),
    Format(THREADS, _zeeschuimer("threads.net"), "zeeschuimer-threads"),
    Format(TIKTOK, _zeeschuimer("tiktok"), "zeeschuimer-tiktok"),
)


def recognize(row: Row) -> Format | None:
    """The format of a first row, ``None`` for a plain table."""
    return next((one for one in FORMATS if one.fits(row)), None)
