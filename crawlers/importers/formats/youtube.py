"""CSV of YouTube Data Tools: lists of videos and of comments. Times without a zone are UTC, as the API's are."""

from __future__ import annotations

from crawlers.importers.formats.base import Format, has
from crawlers.importers.mapping import Mapping

VIDEOS = Mapping(
    "youtube-videos",
    {
        "id": ("videoId",),
        "title": ("videoTitle",),
        "text": ("videoDescription",),
        "author": ("channelId", "channelTitle"),
        "published_at": ("publishedAt",),
        "likes": ("likeCount",),
        "replies": ("commentCount",),
        "views": ("viewCount",),
    },
    "youtube",
    "UTC",
    url="https://www.youtube.com/watch?v={id}",
)
COMMENTS = Mapping(
    "youtube-comments",
    {
        "id": ("id",),
        "text": ("text",),
        "author": ("authorChannelId", "authorChannelUrl", "authorName"),
        "published_at": ("publishedAt",),
        "likes": ("likeCount",),
        "replies": ("replyCount",),
        "parent_id": ("isReplyTo",),
    },
    "youtube",
    "UTC",
)

FORMATS = (
    Format(VIDEOS, has("videoId", "channelId", "videoDescription", "publishedAt"), "youtube-videos"),
    Format(COMMENTS, has("id", "isReplyTo", "authorName", "text", "publishedAt"), "youtube-comments"),
)
