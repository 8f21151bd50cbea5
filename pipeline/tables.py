"""Every table that a stage writes or an analyst reads: its grain, its columns, and a sentence on each.

The sentences become ``comment on`` in the published warehouse, so this file is the data dictionary.
Columns marked ``personal`` can lead to a private person and are left out of partner exports.
"""

from __future__ import annotations

import pyarrow as pa

from pipeline.schema import STRINGS, UTC_TIME, Column, Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import number_column as _number
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time

__all__ = ["STRINGS", "UTC_TIME", "Column", "Table"]

_POST_COLUMNS = (
    _key("post_id", "platform and native id, as platform:id; stable for ever"),
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
    _text("thread_id", "post_id of the thread's first post"),
    _text("parent_id", "post_id of the post that it replies to"),
    _text("quoted_id", "post_id of the post that it quotes"),
    _text("repost_of", "post_id of the post that it reposts"),
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
        _key("post_id", "the post"),
        _key("text_key", "hash of match_text: equal for exact duplicates after normalization"),
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
        _key("text_key", "hash of match_text"),
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

CLAIMS = Table(
    "claims",
    "one row per claim group.",
    (
        _key("claim_id", "stable id; a merged claim's old id resolves through claim_aliases"),
        _key("exemplar_post_id", "the most typical post that carries it"),
        _text("exemplar_text", "text of that post, verbatim", personal=True),
        _text("exemplar_script", "script of that post"),
        _count("post_count", "posts of every role"),
        _count("carrier_count", "posts that assert the claim in their own words or verbatim"),
        _count("variant_count", "distinct normalized texts among the carriers"),
        _count("author_count", "distinct known authors"),
        _count("platform_count", "distinct platforms"),
        Column("platforms", STRINGS, "those platforms, sorted"),
        Column("scripts", STRINGS, "scripts of the carriers, sorted"),
        _time("first_at", "first appearance that we hold"),
        _time("last_at", "latest post"),
        Column("keywords", STRINGS, "words that tie the group together, strongest first"),
        _number("weakest_link", "lowest similarity that holds the group together; null for a single text"),
        Column("conflict_ids", STRINGS, "other decided claims that fell into this group: a person must look"),
    ),
)

CLAIM_POSTS = Table(
    "claim_posts",
    "one row per post of a claim.",
    (
        _key("claim_id", "the claim"),
        _key("post_id", "the post; belongs to exactly one claim"),
        _key("role", "carries, repeats, replies or corrects"),
        _key("joined_by", "why it is here: exact, similar, reply, repost, ruling or alone"),
        Column("asks", pa.bool_(), "whether it asks if the claim is true", nullable=False),
        _text("variant_key", "text_key of its text"),
        _number("similarity", "similarity to the exemplar, 0 to 1; null for replies and reposts"),
    ),
)

CLAIM_MATCHES = Table(
    "claim_matches",
    "one row per borderline pair of claims: suggested until a person confirms or rejects it.",
    (
        _key("left_claim_id", "one claim"),
        _key("right_claim_id", "the other claim"),
        _key("left_post_id", "nearest post of the one"),
        _key("right_post_id", "nearest post of the other"),
        _number("similarity", "fused similarity, 0 to 1"),
        _key("why", "views that speak for it and what speaks against it"),
    ),
)

CLAIM_ALIASES = Table(
    "claim_aliases",
    "one row per retired claim id.",
    (
        _key("old_claim_id", "the id that people may still hold"),
        _key("claim_id", "the claim that most of its posts belong to now"),
    ),
)

CLAIM_MEMORY = Table(
    "claim_memory",
    "one row per claim id ever published and post it had when it was last a claim of its own: how ids are handed down.",
    (
        _key("claim_id", "the id, current or retired"),
        _key("post_id", "a post that spoke for it"),
    ),
)

CLAIM_HOURS = Table(
    "claim_hours",
    "one row per claim, hour and platform: the timeline.",
    (
        _key("claim_id", "the claim"),
        _time("hour", "start of the hour (UTC)"),
        _key("platform", "the platform"),
        _count("posts", "posts of every role"),
        _count("enquiries", "posts that ask whether it is true"),
        _count("corrections", "posts that correct it"),
    ),
)

RANKED_CLAIMS = Table(
    "ranked_claims",
    "one row per claim, best first. score is the sum of the *_points columns, exactly.",
    (
        _key("claim_id", "the claim"),
        Column("rank", pa.int64(), "1 is the first to look at", nullable=False),
        Column("score", pa.float64(), "sum of the points below", nullable=False),
        _time("as_of", "the moment the ranking speaks about; later posts are not known to it"),
        _count("recent_posts", "posts in the last window"),
        _count("previous_posts", "posts in the window before"),
        _number("growth", "log((recent + 3) / (previous + 3))"),
        _number("burst", "(recent - mean of earlier windows) / sqrt(mean + 1)"),
        _number(
            "enquiry_share", "Wilson lower bound (95 %) of the share of posts that ask whether it is true"
        ),
        _number("spread", "distinct platforms, plus distinct authors per post"),
        _number("engagement", "best engagement percentile within platform among its posts, 0 to 1"),
        _number("debunk_gap", "1 - share of posts that correct it"),
        _number("growth_points", "what growth adds to the score"),
        _number("burst_points", "what burst adds to the score"),
        _number("enquiry_points", "what enquiry_share adds to the score"),
        _number("spread_points", "what spread adds to the score"),
        _number("engagement_points", "what engagement adds to the score"),
        _number("debunk_gap_points", "what debunk_gap adds to the score"),
    ),
)

CRAWLS = Table(
    "crawls",
    "one row per crawl or import: what it saw and why it stopped.",
    (
        _key("crawl_id", "the crawl"),
        _key("source", "source card"),
        _key("collector", "spider or importer with its version"),
        _time("started_at", "start (UTC)"),
        _time("finished_at", "end (UTC)"),
        _count("pages", "responses read"),
        _count("posts", "observations stored"),
        _count("rejects", "rows or items that could not be read, each kept with its reason"),
        _count("refusals", "responses that refused us"),
        _count("bytes", "bytes received"),
        _key("stopped_because", "why it ended: finished, refused, limit, error …"),
        _text("detail", "the first error or refusal, in words"),
    ),
)

VECTORS = Table(
    "vectors",
    "one row per distinct match_text and encoder revision; written once, never changed.",
    (
        _key("text_key", "hash of match_text"),
        Column("vector", pa.list_(pa.float16()), "unit vector; cast to FLOAT[n] to use it", nullable=False),
    ),
)

TEXT_GROUPS = Table(
    "text_groups",
    "one row per distinct match_text: the group that the machine and people's rulings put it in.",
    (
        _key("text_key", "hash of match_text"),
        _key("group_key", "smallest text_key of the group; changes when members change, so never shown"),
        _number("similarity", "similarity to the exemplar, 0 to 1"),
        Column("is_exemplar", pa.bool_(), "whether it is the group's most typical text", nullable=False),
        _key("joined_by", "similar, ruling or alone"),
        _number("weakest_link", "lowest similarity that holds the group together"),
        Column("keywords", STRINGS, "words that tie the group together"),
    ),
)

TEXT_MATCHES = Table(
    "text_matches",
    "one row per borderline pair of texts of different groups.",
    (
        _key("left_key", "text_key of the one"),
        _key("right_key", "text_key of the other"),
        _number("similarity", "fused similarity, 0 to 1"),
        _key("why", "what speaks for the pair and what against"),
    ),
)

TRIAGE = Table(
    "triage",
    "one row per claim that a person decided on: where it stands, as of publishing.",
    (
        _key("claim_id", "the claim"),
        _count("version", "how often it was decided"),
        _key("status", "new, in_review, answered, watching or not_ours"),
        _text("rating", "a person's rating: inaccurate, misleading, partly_true, true or unverifiable"),
        _text("assignee", "who has it"),
        _text("note", "note of the last decision"),
        _time("updated_at", "when (UTC)"),
        _text("updated_by", "who"),
    ),
)

TRIAGE_EVENTS = Table(
    "triage_events",
    "one row per thing that a person did, oldest first, as of publishing.",
    (
        Column("event_id", pa.int64(), "grows by time", nullable=False),
        _text("claim_id", "the claim, when the event is about one"),
        _key("kind", "triage or ruling"),
        _key("actor", "who"),
        _time("decided_at", "when (UTC)"),
        _key("payload", "what exactly, as JSON"),
    ),
)

MATCH_RULINGS = Table(
    "match_rulings",
    "one row per merge or split by a person, as of publishing.",
    (
        Column("ruling_id", pa.int64(), "grows by time; a later ruling on a pair overrides", nullable=False),
        _key("kind", "must or must_not"),
        _key("left_post", "one post"),
        _key("right_post", "the other post"),
        _key("actor", "who"),
        _time("decided_at", "when (UTC)"),
        _text("reason", "why, in the person's words"),
    ),
)

RUNS = Table(
    "runs",
    "one row per batch run of the incident, newest last, as of publishing.",
    (
        _key("run_id", "the run"),
        _key("status", "running, done, failed or stopped"),
        _time("started_at", "start (UTC)"),
        _time("finished_at", "end (UTC)"),
        _time("as_of", "the moment its ranking speaks about"),
        _text("code_version", "version and commit of the code"),
        _text("encoder", "encoder and revision"),
        _text("lexicon", "hash of the lexicon"),
        _text("error", "why it failed, in words"),
    ),
)

STAGE_RUNS = Table(
    "stage_runs",
    "one row per stage of a run.",
    (
        _key("run_id", "the run"),
        _key("stage", "the stage"),
        _key("status", "done, reused, failed or running"),
        _key("stage_key", "hash of its inputs, parameters and version: equal keys, equal results"),
        _count("rows_in", "rows read"),
        _count("rows_out", "rows written"),
        _text("rejects", "what was left out and why, as JSON counts"),
        _number("seconds", "wall seconds"),
        _number("peak_mb", "peak resident memory of the process so far, in MB"),
    ),
)

DERIVED = (
    POSTS,
    NORMALIZED_POSTS,
    TEXTS,
    TEXT_GROUPS,
    TEXT_MATCHES,
    CLAIMS,
    CLAIM_POSTS,
    CLAIM_MATCHES,
    CLAIM_ALIASES,
    CLAIM_MEMORY,
    CLAIM_HOURS,
    RANKED_CLAIMS,
)
"""Tables that a run makes: equal input, equal bytes."""

DECIDED = (TRIAGE, TRIAGE_EVENTS, MATCH_RULINGS)
"""Copies of the ledger as of publishing."""

RECORDED = (CRAWLS, RUNS, STAGE_RUNS)
"""What the machine says of its own work."""

PUBLISHED = (*DERIVED, VECTORS, OBSERVATIONS, *DECIDED, *RECORDED)
"""Everything that an analyst finds in the warehouse."""
