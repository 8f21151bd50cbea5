"""Posts from Junkipedia: rows of its API (nested) and CSV with flattened names."""

from __future__ import annotations

from crawlers.importers.formats.base import Format
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row

_FIELDS = "search_data_fields"


def _paths(*names: str) -> tuple[str, ...]:
    """A field under each of the roots that exports give it."""
    return tuple(f"{root}{name}" for name in names for root in ("", "attributes."))


JUNKIPEDIA = Mapping(
    "junkipedia",
    {
        # Its own numbers are known to nobody else: the address tells the post's id on its platform.
        "id": (*_paths("url", "post_url", f"{_FIELDS}.url", "post_id"), "id"),
        "text": _paths(f"{_FIELDS}.sanitized_text", "post_data.full_text", "sanitized_text", "text"),
        "platform": _paths("url", "post_url", f"{_FIELDS}.url", "platform", f"{_FIELDS}.platform_name"),
        "published_at": _paths("published_at", f"{_FIELDS}.published_at"),
        "author": _paths(
            "channel.channel_uid",
            "channel.id",
            "channel.channel_name",
            f"{_FIELDS}.channel_data.channel_uid",
            f"{_FIELDS}.channel_data.channel_name",
            "channel_name",
        ),
        "likes": _paths("engagement_data.likes", "engagement_data.like_count", "likes"),
        "replies": _paths("engagement_data.comments", "engagement_data.comment_count", "comments"),
        "reposts": _paths("engagement_data.shares", "engagement_data.share_count", "shares"),
        "views": _paths("engagement_data.views", "engagement_data.view_count", "views"),
        "url": _paths("url", "post_url", f"{_FIELDS}.url"),
        "collected_at": _paths("created_at"),
    },
    "junkipedia",
    "UTC",
)


def _is_flat(row: Row) -> bool:
    return any(str(name).startswith(f"{_FIELDS}.") for name in row)


def _is_nested(row: Row) -> bool:
    attributes = row.get("attributes")
    return isinstance(attributes, dict) and ("post_data" in attributes or _FIELDS in attributes)


FORMATS = (
    Format(JUNKIPEDIA, _is_flat, "junkipedia"),
    Format(JUNKIPEDIA, _is_nested, "junkipedia"),
)
