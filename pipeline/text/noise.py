"""What a platform adds and a person did not say: links, mentions, stickers, markers, markup, punctuation."""

from __future__ import annotations

import re

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+"
    r"|\b(?:t\.cn|t\.co|bit\.ly|dwz\.cn|url\.cn|youtu\.be|v\.douyin\.com|xhslink\.com)/[a-z0-9_./-]+",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"</?[a-z][^<>\n]{0,500}>", re.IGNORECASE)
_MENTION = re.compile(r"@[\w·-]{1,40}(?:@[\w.-]{1,80})?:?")
_STICKER = re.compile(r"\[[^\W_][\w·-]{0,11}\]")
_PHRASES = re.compile(
    r"(?:转发|轉發)(?:微博|理由:?)|^(?:转|轉|repost|rt)[ :.。!]*$|(?:展开|展開|收起)全文[a-z]?"
    r"|(?:网页链接|網頁鏈接|查看图片|查看圖片)"
    r"|(?:的(?:微博|秒拍|抖音|优酷)视频|\b[ol]?秒拍视频)|我在(?:这里)?: ?(?= |$)|\((?:分享|来)自[^()\n]{0,40}\)"
    r"|\bvia\b:?",
    re.MULTILINE,
)
_LEADING_TAGS = re.compile(r"^(?:[ ]*#[^#\n]{1,40}#)+(?=[^\n]{12})", re.MULTILINE)
_TRAILING_TAGS = re.compile(r"(?<=[^\n]{12})(?:#[^#\n]{1,40}#[ ]*|[ ]#[^\s#]{1,40})+$", re.MULTILINE)
_PUNCTUATION = re.compile(r"[^\w\n?%.]|_|(?<!\d)\.|\.(?!\d)|(?<!\d)%")
_SPACES = re.compile(r"[^\S\n]+")
_EDGES = re.compile(r"^ | $", re.MULTILINE)


def drop_markup(sheet: str) -> str:
    """Remove tags of markup, links, mentions, stickers in brackets and the platforms' own phrases."""
    for pattern in (_MARKUP, _LINK, _MENTION, _STICKER, _PHRASES):
        sheet = pattern.sub(" ", sheet)
    return sheet


def drop_topic_tags(sheet: str) -> str:
    """Remove hashtags before and after a text that says more: they name the topic, and topics are not claims."""
    return _TRAILING_TAGS.sub("", _LEADING_TAGS.sub(" ", sheet))


def drop_punctuation(sheet: str) -> str:
    """Turn punctuation and symbols into single spaces; question marks, % and marks inside numbers stay."""
    return _PUNCTUATION.sub(" ", sheet)


def tidy_spaces(sheet: str) -> str:
    """Leave one space between parts and none at the ends of a line."""
    return _EDGES.sub("", _SPACES.sub(" ", sheet))
