"""Exports of Zeeschuimer, a browser extension that keeps what a person's own feed showed (NDJSON, one module each).

Field names as 4CAT's importers of these exports read them (github.com/digitalmethodsinitiative/4cat, datasources).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crawlers.importers.formats.base import Format, Whole
from crawlers.importers.formats.tweets import (
    COLLECTED,
    TWEET_READS,
    TWITTER,
    data_of,
    tweet_fields,
    tweet_why,
)
from crawlers.importers.mapping import Mapping
from crawlers.importers.shapes import Row
from crawlers.importers.values import Reader, Values, at, first

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
        **COLLECTED,
    },
    "xiaohongshu",
    # The token that the site adds to its own links is short-lived: the address without it is the lasting one.
    url="https://www.xiaohongshu.com/explore/{id}",
)
_VIDEOS_AT = tuple(
    f"data.{part}video.media.stream.h264[0].master_url" for part in ("note_card.", "note.", "")
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
        **COLLECTED,
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
        "media": (
            "data.images[].url_list[0]",
            "data.video.play_addr.url_list[0]",
            "data.video.bitRateList[0].playApi",
        ),
        **COLLECTED,
    },
    "douyin",
    url="https://www.douyin.com/video/{id}",
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
        **COLLECTED,
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
        **COLLECTED,
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
        **COLLECTED,
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
        **COLLECTED,
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
    data = data_of(row)
    if "note_card" not in data and "note" not in data and "user" not in data:
        return "a tile without its note: open it in the browser to collect it"
    return None


def _douyin_why(row: Row) -> str | None:
    data = data_of(row)
    return "a live stream, no post" if "rawdata" in data or "cell_room" in data else None


def _note_fields(reader: Reader, whole: Whole) -> dict[str, Values]:
    """Notes may give their pictures in several sizes, or a video alone."""
    paths = XIAOHONGSHU.columns["media"]
    lists = reader.lists(paths)
    if lists is not None and lists[1].all() and None not in lists[0]:
        return {}
    found = [one if one and (type(one) is not list or any(one)) else None for one in reader.filled(paths)]
    return {"media": [one or _other_media(whole(place)) for place, one in enumerate(found)]}


def _other_media(row: Row) -> list[Any]:
    shown = at(row, "data.note_card.image_list[].info_list") or []
    pictures = [_usual_size(sizes) for sizes in shown if isinstance(sizes, list)]
    return [one for one in pictures or [first(row, *_VIDEOS_AT)] if one]


def _usual_size(sizes: list[Any]) -> Any:  # noqa: ANN401  JSON
    """The address of the size that the site itself shows."""
    known = {one.get("image_scene"): one.get("url") for one in sizes if isinstance(one, dict)}
    return known.get("WB_DFT") or next(iter(known.values()), None)


def _instagram_fields(reader: Reader, _: Whole) -> dict[str, Values]:
    """Advertisements have no id of ours."""
    kinds, links = reader.column("data.product_type"), reader.column("data.link")
    if "ad" not in kinds and not any(links):
        return {}
    ids = reader.filled(INSTAGRAM.columns["id"])
    parts = zip(ids, kinds, links, strict=True)
    return {"id": [None if _is_advertised(kind, link) else i for i, kind, link in parts]}


def _is_advertised(kind: object, link: object) -> bool:
    return kind == "ad" or (isinstance(link, str) and link.startswith("https://www.facebook.com/ads/"))


def _instagram_why(row: Row) -> str | None:
    data = data_of(row)
    return "an advertisement" if _is_advertised(data.get("product_type"), data.get("link")) else None


_RED = "zeeschuimer-xiaohongshu"
FORMATS = (
    Format(XIAOHONGSHU_COMMENTS, _module("xiaohongshu-comments", "rednote-comments"), _RED),
    Format(XIAOHONGSHU_COMMENTS, _is_comment, _RED),
    Format(XIAOHONGSHU, _module("xiaohongshu", "rednote"), _RED, fields=_note_fields, why=_note_why),
    Format(DOUYIN, _module("douyin"), "zeeschuimer-douyin", why=_douyin_why),
    Format(
        TWITTER,
        _module("twitter", "x"),
        "zeeschuimer-twitter",
        reads=TWEET_READS,
        fields=tweet_fields,
        why=tweet_why,
    ),
    Format(THREADS, _module("threads"), "zeeschuimer-threads"),
    Format(TIKTOK_COMMENTS, _module("tiktok-comments"), "zeeschuimer-tiktok"),
    Format(TIKTOK, _module("tiktok"), "zeeschuimer-tiktok"),
    Format(
        INSTAGRAM,
        _module("instagram"),
        "zeeschuimer-instagram",
        reads=("data.link", "data.product_type"),
        fields=_instagram_fields,
        why=_instagram_why,
    ),
)
