"""JSON lines, JSON and CSV of MediaCrawler: posts and comments of seven platforms.

Field names as its stores write them (github.com/NanmiCoder/MediaCrawler, store and model); newer versions give
``creator_hash`` where older ones gave ``user_id``.
"""

from __future__ import annotations

from collections.abc import Callable

from crawlers.importers.formats.base import CHINA, Format, both, has, lacks
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row

Columns = dict[str, tuple[str, ...]]
_SHARED: Columns = {
    "author": ("user_id", "creator_hash", "user_link", "nickname"),
    "collected_at": ("last_modify_ts",),
    "query": ("source_keyword",),
}
_NONE = {None, "", 0, "0", "None"}


def _notes(name: str, columns: Columns, platform: str, url: str = "") -> Mapping:
    return Mapping(f"mediacrawler-{name}", {**_SHARED, **columns}, platform, CHINA, url=url)


WEIBO = _notes(
    "weibo",
    {
        "id": ("note_id",),
        "text": ("content",),
        "published_at": ("create_time", "create_date_time"),
        "likes": ("liked_count",),
        "replies": ("comments_count",),
        "reposts": ("shared_count",),
    },
    "weibo",
    "https://m.weibo.cn/detail/{id}",
)
XIAOHONGSHU = _notes(
    "xiaohongshu",
    {
        "id": ("note_id",),
        "title": ("title",),
        "text": ("desc",),
        "published_at": ("time",),
        "likes": ("liked_count",),
        "replies": ("comment_count",),
        "reposts": ("share_count",),
        "media": ("image_list", "video_url"),
    },
    "xiaohongshu",
    "https://www.xiaohongshu.com/explore/{id}",
)
DOUYIN = _notes(
    "douyin",
    {
        "id": ("aweme_id",),
        "text": ("desc", "title"),
        "author": ("sec_uid", "user_id", "creator_hash", "nickname"),
        "published_at": ("create_time",),
        "likes": ("liked_count",),
        "replies": ("comment_count",),
        "reposts": ("share_count",),
        "media": ("video_download_url", "note_download_url"),
    },
    "douyin",
    "https://www.douyin.com/video/{id}",
)
BILIBILI = _notes(
    "bilibili",
    {
        "id": ("video_id",),
        "title": ("title",),
        "text": ("desc",),
        "published_at": ("create_time",),
        "likes": ("liked_count",),
        "replies": ("video_comment",),
        "reposts": ("video_share_count",),
        "views": ("video_play_count",),
        "url": ("video_url",),
        "media": ("video_cover_url",),
    },
    "bilibili",
)
KUAISHOU = _notes(
    "kuaishou",
    {
        "id": ("video_id",),
        "text": ("desc", "title"),
        "published_at": ("create_time",),
        "likes": ("liked_count",),
        "views": ("viewd_count",),
        "media": ("video_cover_url",),
    },
    "kuaishou",
    "https://www.kuaishou.com/short-video/{id}",
)
TIEBA = _notes(
    "tieba",
    {
        "id": ("note_id",),
        "title": ("title",),
        "text": ("desc",),
        "author": ("user_id", "creator_hash", "user_link", "user_nickname"),
        "published_at": ("publish_time",),
        "replies": ("total_replay_num",),
        "url": ("note_url",),
    },
    "tieba",
)
ZHIHU = _notes(
    "zhihu",
    {
        "id": ("content_id",),
        "title": ("title",),
        "text": ("content_text", "desc"),
        "author": ("user_id", "creator_hash", "user_nickname"),
        "published_at": ("created_time",),
        "likes": ("voteup_count",),
        "replies": ("comment_count",),
        "thread_id": ("question_id",),
        "url": ("content_url",),
    },
    "zhihu",
)


def _comments(name: str, platform: str) -> Mapping:
    columns: Columns = {
        **_SHARED,
        "id": ("comment_id",),
        "text": ("content",),
        "author": ("sec_uid", "user_id", "creator_hash", "user_link", "nickname", "user_nickname"),
        "published_at": ("create_time", "publish_time", "create_date_time"),
        "likes": ("like_count", "comment_like_count"),
        "replies": ("sub_comment_count",),
        "thread_id": ("thread",),
        "parent_id": ("parent",),
        "media": ("pictures",),
    }
    return Mapping(f"mediacrawler-{name}-comments", columns, platform, CHINA)


def _comment(thread: str, mark: str = "") -> Callable[[Row], Row | str]:
    """Comments under what they answer. ``mark`` keeps apart the numbers of comments and posts that share a range."""

    def prepare(row: Row) -> Row:
        own, parent = row.get("comment_id"), row.get("parent_comment_id", row.get("parment_comment_id"))
        above = row.get(thread) if parent in _NONE or parent == own else f"{mark}{parent}"
        named = f"{mark}{own}" if own not in _NONE else None
        return {**row, "comment_id": named, "thread": row.get(thread), "parent": above}

    return prepare


def _format(mapping: Mapping, fits: Callable[[Row], bool]) -> Format:
    return Format(mapping, fits, mapping.name.removesuffix("-comments"))


def _of_comments(name: str, fits: Callable[[Row], bool], thread: str, mark: str = "") -> Format:
    return Format(_comments(name, name), fits, f"mediacrawler-{name}", prepare=_comment(thread, mark))


_COMMENT = ("comment_id", "content")
FORMATS = (
    _of_comments("tieba", has(*_COMMENT, "note_id", "tieba_name"), "note_id", "comment-"),
    _of_comments("weibo", has(*_COMMENT, "note_id", "create_date_time"), "note_id"),
    _of_comments("xiaohongshu", has(*_COMMENT, "note_id", "create_time"), "note_id"),
    _of_comments("douyin", has(*_COMMENT, "aweme_id"), "aweme_id"),
    _of_comments("bilibili", has(*_COMMENT, "video_id", "like_count"), "video_id", "comment-"),
    _of_comments("kuaishou", has(*_COMMENT, "video_id"), "video_id", "comment-"),
    _of_comments("zhihu", has(*_COMMENT, "content_id"), "content_id", "comment-"),
    _format(WEIBO, both(has("note_id", "content", "create_time", "shared_count"), lacks("comment_id"))),
    _format(TIEBA, has("note_id", "tieba_name", "publish_time")),
    _format(XIAOHONGSHU, has("note_id", "desc", "time", "liked_count")),
    _format(DOUYIN, has("aweme_id", "desc", "create_time", "liked_count")),
    _format(KUAISHOU, has("video_id", "viewd_count")),
    _format(BILIBILI, has("video_id", "desc", "create_time", "liked_count")),
    _format(ZHIHU, has("content_id", "content_type", "content_text")),
)
