"""Texts in groups, groups as claims."""

from __future__ import annotations

import pyarrow as pa

from pipeline.schema import STRINGS, Column, Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import number_column as _number
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time

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

CLAIMS = Table(
    "claims",
    "one row per claim group.",
    (
        _key("claim_id", "stable id; a merged claim's old id resolves through claim_aliases"),
        _key("exemplar_post_id", "the most typical post that carries it", personal=True),
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
        _key("post_id", "the post; belongs to exactly one claim", personal=True),
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
        _key("left_post_id", "nearest post of the one", personal=True),
        _key("right_post_id", "nearest post of the other", personal=True),
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
        _key("post_id", "a post that spoke for it", personal=True),
    ),
)
