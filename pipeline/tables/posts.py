"""What was collected and its matching form."""

from __future__ import annotations

import pyarrow as pa

from pipeline.schema import STRINGS, UTC_TIME, Column, Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time

_POST_COLUMNS = (
    _key("post_id", "platform and native id, as platform:id; stable for ever", personal=True),
    _key("source", "name of the source card that it came from"),
    _key("platform", "kind of site: weibo, mastodon, telegram, wordpress, forum, feed …"),
    _text("text", "verbatim text, unescaped; never shown as markup", personal=True),
    Column("collected_at", UTC_TIME, "when we saw it (UTC)", nullable=False),
    _key("crawl_id", "the crawl or import that saw it"),
    _key("collector", "spider or importer with its version"),
    _text("url", "public address, when it has one", personal=True),
    _text(
        "author_key",
        "keyed hash of the author's id; the same author has the same key on this desk",
        personal=True,
    ),
    _time("published_at", "when the site says that it was published (UTC); null when unknown"),
    _text("published_precision", "how exactly published_at is known: exact, minute, hour, day, unknown"),
    _text("title", "title, where the site has one", personal=True),
    _count("likes", "likes as displayed; null when unknown"),
    _count("reposts", "reposts as displayed; null when unknown"),
    _count("replies", "replies as displayed; null when unknown"),
    _count("views", "views as displayed; null when unknown"),
    _text("counts_precision", "exact, or rounded when the site shows 1.2万 or 1.67K"),
    _text("thread_id", "post_id of the thread's first post", personal=True),
    _text("parent_id", "post_id of the post that it replies to", personal=True),
    _text("quoted_id", "post_id of the post that it quotes", personal=True),
    _text("repost_of", "post_id of the post that it reposts", personal=True),
    Column("links", STRINGS, "addresses in the post, as written", personal=True),
    Column("media", STRINGS, "addresses of pictures and videos; never fetched by the desk", personal=True),
    _text("query", "the query that found it"),
)

OBSERVATIONS = Table(
    "observations",
    "one row per post and crawl: what was seen, when, by which spider. Immutable; the raw layer.",
    _POST_COLUMNS,
)

POSTS = Table(
    "posts",
    "one row per post: its latest observation. Sorted by published_at.",
    (
        *_POST_COLUMNS,
        _key(
            "root_id",
            "the post that this one reacts to, at the end of its chain of reposts and replies; itself when it "
            "reacts to none that we hold",
            personal=True,
        ),
        _time("first_collected_at", "when we first saw it (UTC)"),
        _count("observation_count", "how many observations of it we hold"),
        _time(
            "posted_at",
            "when it counts as posted: published_at, but never after we first saw it, and then when that is unknown",
        ),
    ),
)

NORMALIZED_POSTS = Table(
    "normalized_posts",
    "one row per post: the form used for matching, beside what was removed or folded.",
    (
        _key("post_id", "the post", personal=True),
        _key("text_key", "hash of match_text: equal for exact duplicates after normalization", personal=True),
        _key(
            "match_text",
            "own words in one script, without links, mentions, emoji and platform noise",
            personal=True,
        ),
        _text(
            "quoted_text",
            "words quoted from others (//@…: chains, quote blocks), normalized alike",
            personal=True,
        ),
        _key("script", "hans, hant, yue (written Cantonese), en, mixed, other or none"),
        Column("foldings", STRINGS, "spellings folded for matching, each as seen→read (reason)"),
        _count("char_count", "characters of match_text"),
    ),
)

TEXTS = Table(
    "texts",
    "one row per distinct match_text, with its words.",
    (
        _key("text_key", "hash of match_text", personal=True),
        _key("match_text", "the normalized text", personal=True),
        Column(
            "tokens",
            STRINGS,
            "words as jieba cuts them, with the incident's and community's user words",
            personal=True,
        ),
        _count("post_count", "posts that carry exactly this text"),
        _time("first_at", "earliest posted_at among them"),
    ),
)

VECTORS = Table(
    "vectors",
    "one row per distinct match_text and encoder revision; written once, never changed.",
    (
        _key("text_key", "hash of match_text", personal=True),
        Column("vector", pa.list_(pa.float16()), "unit vector; cast to FLOAT[n] to use it", nullable=False),
    ),
)
