"""Tables and lines that the common Weibo tools write. Their times are Beijing's, whatever the computer's clock says.

Headers as the tools' own sources name them: dataabc/weibo-search, dataabc/weibo-crawler and weiboSpider,
nghuyong/WeiboSpider; Bazhuayu (八爪鱼) by its template's columns.
"""

from __future__ import annotations

from collections.abc import Callable

from crawlers.importers.formats.base import CHINA, Format, has
from crawlers.importers.ids import weibo_number
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row

_ADDRESS = "https://m.weibo.cn/detail/{id}"
_COUNTS = {"likes": ("点赞数",), "replies": ("评论数",), "reposts": ("转发数",)}

SEARCH = Mapping(
    "weibo-search",
    {
        "id": ("id",),
        "text": ("微博正文",),
        "author": ("user_id", "用户昵称"),
        "published_at": ("发布时间",),
        "repost_of": ("retweet_id",),
        "links": ("头条文章url",),
        "media": ("微博图片url", "微博视频url"),
        **_COUNTS,
    },
    "weibo",
    CHINA,
    url=_ADDRESS,
)
CRAWLER = Mapping(
    "weibo-crawler",
    {
        "id": ("id",),
        "text": ("正文",),
        "author": ("user_id", "file author"),
        "published_at": ("完整日期", "日期"),
        "repost_of": ("源微博id",),
        "links": ("头条文章url",),
        "media": ("原始图片url", "视频url", "微博视频url"),
        **_COUNTS,
    },
    "weibo",
    CHINA,
    url=_ADDRESS,
)
SPIDER = Mapping(
    "weibo-spider",
    {
        "id": ("微博id",),
        "text": ("微博正文", "微博内容"),
        "author": ("file author",),
        "published_at": ("发布时间",),
        "links": ("头条文章链接",),
        "media": ("原始图片url", "原始图片", "微博视频url"),
        **_COUNTS,
    },
    "weibo",
    CHINA,
    url=_ADDRESS,
)
NGHUYONG = Mapping(
    "weibospider-tweets",
    {
        "id": ("_id", "mblogid"),
        "text": ("content",),
        "author": ("user._id", "user.nick_name"),
        "published_at": ("created_at",),
        "likes": ("attitudes_count",),
        "replies": ("comments_count",),
        "reposts": ("reposts_count",),
        "repost_of": ("retweet_id",),
        "media": ("pic_urls", "video"),
        "collected_at": ("crawl_time",),
    },
    "weibo",
    CHINA,
    url=_ADDRESS,
)
NGHUYONG_COMMENTS = Mapping(
    "weibospider-comments",
    {
        "id": ("_id",),
        "text": ("content",),
        "author": ("comment_user._id", "comment_user.nick_name"),
        "published_at": ("created_at",),
        "likes": ("like_counts",),
        "parent_id": ("reply_comment._id", "reply_comment_id", "tweet_id", "mblog_id"),
        "thread_id": ("tweet_id", "mblog_id"),
        "collected_at": ("crawl_time",),
    },
    "weibo",
    CHINA,
)
BAZHUAYU = Mapping(
    "bazhuayu-weibo",
    {"text": ("txt",), "author": ("标题",), "published_at": ("from1",), "media": ("图片",)},
    "weibo",
    CHINA,
)


def _of_file(name: str) -> Row:
    """These tools write one file per author and call it by the author's number."""
    return {"file author": name} if name.isdigit() else {}


def _numbered(*names: str) -> Callable[[Row], Row | str]:
    def prepare(row: Row) -> Row:
        changed = {name: weibo_number(str(row[name]).strip()) for name in names if row.get(name)}
        return row | changed

    return prepare


FORMATS = (
    Format(
        SEARCH,
        has("id", "微博正文", "发布时间", "点赞数"),
        "weibo-search",
        prepare=_numbered("id", "retweet_id"),
    ),
    Format(CRAWLER, has("id", "bid", "正文", "日期"), "weibo-crawler", of_file=_of_file),
    Format(
        SPIDER,
        has("微博id", "发布时间", "点赞数"),
        "weibo-spider",
        prepare=_numbered("微博id"),
        of_file=_of_file,
    ),
    Format(
        NGHUYONG_COMMENTS,
        has("_id", "content", "comment_user", "created_at"),
        "weibospider",
    ),
    Format(
        NGHUYONG,
        has("_id", "mblogid", "content", "created_at", "user"),
        "weibospider",
        prepare=_numbered("_id", "retweet_id"),
    ),
    Format(BAZHUAYU, has("标题", "from1", "txt"), "bazhuayu-weibo"),
)
