"""Research sets: the CED Weibo corpus and groups of claims."""

from __future__ import annotations

from crawlers.importers.formats.base import CHINA, Format, has
from crawlers.importers.mapping import Mapping

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

FORMATS = (
    Format(CED_REPOSTS, has("post_id", "id", "parent", "author", "time", "text"), "ced"),
    Format(CED_POSTS, has("id", "mid62", "text", "author", "time", "reposts", "comments"), "ced"),
    Format(CLAIM_GROUPS, has("group", "set", "id", "time", "text"), "claim-groups"),
)
