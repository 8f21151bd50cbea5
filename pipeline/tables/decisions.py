"""Copies of what people decided, as of publishing."""

from __future__ import annotations

import pyarrow as pa

from pipeline.schema import Column, Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time

TRIAGE = Table(
    "triage",
    "one row per claim that a person decided on: where it stands, as of publishing.",
    (
        _key("claim_id", "the claim"),
        _count("version", "how often it was decided"),
        _key("status", "new, in_review, answered, watching, not_ours or repeat"),
        _text(
            "rating",
            "a person's rating: inaccurate, misleading, partly_true, true, unverifiable, or the coalition's own word",
        ),
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
        _key(
            "kind", "triage, ruling, withdrawal, note, evidence, assessment, view, taken_back, and what comes"
        ),
        _key("actor", "who"),
        _time("decided_at", "when (UTC)"),
        _key("payload", "what exactly, as JSON", personal=True),
    ),
)

REVIEW_WORDS = Table(
    "review_words",
    "one row per claim and published review that a person spoke about, as of publishing: the last word that stands.",
    (
        Column("event_id", pa.int64(), "grows by time", nullable=False),
        _key("claim_id", "the claim"),
        _key("review_id", "the review; one that left the library since is not in known_reviews"),
        Column("is_same", pa.bool_(), "confirmed to be about the claim, or rejected", nullable=False),
        _key("actor", "who"),
        _time("decided_at", "when (UTC)"),
        _text("reason", "why, in the person's words"),
        _text("publisher", "whose review it was, as shown then"),
        _text("rating", "the verdict in its publisher's words, as shown then; known_reviews has that of now"),
        _text("status_before", "the lane that the claim left when it was confirmed"),
    ),
)

MATCH_RULINGS = Table(
    "match_rulings",
    "one row per merge or split by a person, as of publishing.",
    (
        Column("ruling_id", pa.int64(), "grows by time; a later ruling on a pair overrides", nullable=False),
        _key("kind", "must or must_not"),
        _key("left_post", "one post", personal=True),
        _key("right_post", "the other post", personal=True),
        _key("actor", "who"),
        _time("decided_at", "when (UTC)"),
        _text("reason", "why, in the person's words"),
    ),
)
