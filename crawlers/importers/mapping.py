"""Which column of a file is which field of a post: known formats, guesses from headers, or a person's own file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawlers.items import zone_of
from pipeline.errors import MappingError, UsageError
from pipeline.toml_files import read_toml

TEXTS = ("url", "title", "query")
COUNTS = ("likes", "reposts", "replies", "views")
REFERENCES = ("thread_id", "parent_id", "quoted_id", "repost_of")
LISTS = ("links", "media")
FIELDS = (
    "id",
    "text",
    "author",
    "platform",
    "published_at",
    "collected_at",
    *TEXTS,
    *COUNTS,
    *REFERENCES,
    *LISTS,
)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Mapping:
    """How rows become posts. ``columns`` maps a field to the columns that can hold it, first filled one wins.

    A dotted name reaches into nested objects. ``timezone`` is that of times that name none.
    """

    name: str
    columns: dict[str, tuple[str, ...]]
    platform: str = "import"
    timezone: str = ""
    id_from: tuple[str, ...] = field(default=("author", "published_at", "text"))
    """Fields that make an id where the file has none."""
    url: str = ""
    """Public address of a post with ``{id}`` in it, where the file gives none that is free of names."""
    makes_ids: bool = False
    """Whether a row without id gets one from ``id_from``; otherwise it is refused."""

    def to_toml(self) -> str:
        """As a file that ``--mapping`` reads."""
        lines = [f'platform = "{self.platform}"', f'timezone = "{self.timezone}"']
        lines += [f'url = "{self.url}"'] if self.url else []
        shown = [f"{name} = {_toml(paths)}" for name, paths in self.columns.items()]
        return "\n".join(
            ["# column mapping for: chengqing import --mapping FILE", *lines, "", "[columns]", *shown, ""]
        )


def _toml(paths: tuple[str, ...]) -> str:
    quoted = ['"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"' for path in paths]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def checked_mapping(mapping: Mapping, where: str) -> Mapping:
    """``mapping`` if it can work. Raises ``MappingError`` with what to mend."""
    if unknown := sorted(set(mapping.columns) - set(FIELDS)):
        raise MappingError(f"{where}: no field {unknown[0]!r}; fields are: {', '.join(FIELDS)}")
    if not mapping.columns.get("text") and not mapping.columns.get("title"):
        raise MappingError(f"{where}: no column for the text; add: --map text=COLUMN")
    if not _NAME.fullmatch(mapping.platform):
        raise MappingError(
            f"{where}: platform {mapping.platform!r}: write lower-case letters, digits, hyphens"
        )
    try:
        zone_of(mapping.timezone)
    except UsageError as error:
        raise MappingError(f"{where}: {error}") from error
    return mapping


def read_mapping(path: Path) -> Mapping:
    """A mapping file. Raises ``MappingError``."""
    found = read_toml(path, MappingError, "so it is not a mapping file")
    columns = found.get("columns")
    if not isinstance(columns, dict):
        raise MappingError(f'{path}: write [columns] and below it lines such as text = "正文"')
    known = {"columns", "platform", "timezone", "url"}
    if unknown := sorted(set(found) - known):
        raise MappingError(f"{path}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
    values = {name: _paths(value, path) for name, value in columns.items()}
    rest: dict[str, Any] = {k: str(v) for k, v in found.items() if k != "columns"}
    return checked_mapping(Mapping(path.stem, values, **rest), str(path))


def _paths(value: object, path: Path) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(one, str) and one for one in found):
        raise MappingError(f"{path}: {value!r} is no column name")
    return tuple(str(one) for one in found)


def parse_pairs(pairs: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """``field=column`` options as columns."""
    split = [pair.partition("=") for pair in pairs]
    if bad := [name for name, mark, column in split if not mark or not name or not column]:
        raise MappingError(f"--map {bad[0]!r}: write field=column, such as --map text=正文")
    return {name.strip(): (column.strip(),) for name, _, column in split}


# Headers as the common tools write them, compared without case, blanks and underscores.
_SYNONYMS = """
id: id, 微博id, mid, note_id, aweme_id, video_id, comment_id, post_id, postid, _id, bid, tweet_id
id: status_id, 编号, 編號, 帖子id
text: text, 微博正文, 正文, 内容, 內容, content, body, message, full_text, fulltext, desc, 微博内容
text: 评论内容, txt, snippet
text: hit sentence, caption, 文本, description
title: title, 标题, 標題, headline
author: user_id, 用户id, author_id, creator_hash, author, 作者, 用户昵称, 昵称, nickname, user, username
author: screen_name, 发布者
author: 用戶, 博主, influencer
published_at: published_at, 发布时间, 發佈時間, 完整日期, 日期, 时间, 時間, created_at, createdat
published_at: create_time, time, date
published_at: timestamp, unix_timestamp, post created, publishedat, create_date_time
likes: likes, 点赞数, 點讚數, 赞, attitudes_count, liked_count, like_count, favourites_count, likecount
likes: 点赞, digg_count
reposts: reposts, 转发数, 轉發數, 转发, reposts_count, shared_count, share_count, shares, retweets
replies: replies, 评论数, 評論數, 评论, comments_count, comment_count, comments, reply_count
views: views, 阅读数, 播放数, view_count, video_play_count, play_count, 浏览量
url: url, link, 链接, 連結, 网址, note_url, aweme_url, video_url, permalink
repost_of: retweet_id, 源微博id
parent_id: parent_id, in_reply_to_id, parent_comment_id
thread_id: thread_id
media: 微博图片url, 原始图片url, pic_urls, image_list
"""


def _folded(header: str) -> str:
    return re.sub(r"[\s_\ufeff]+", "", header).lower()


def guess(headers: list[str]) -> dict[str, tuple[str, ...]]:
    """Columns by their names; a field without a likely header is left out."""
    known = {_folded(header): header for header in reversed(headers)}
    found: dict[str, tuple[str, ...]] = {}
    for line in _SYNONYMS.strip().splitlines():
        name, _, words = line.partition(": ")
        for word in words.split(", "):
            if name not in found and _folded(word) in known:
                found[name] = (known[_folded(word)],)
    return found
