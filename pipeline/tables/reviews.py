"""Published reviews of claims: what the library holds, and which of them may be about a claim at hand."""

from __future__ import annotations

from pipeline.schema import STRINGS, Column, Table
from pipeline.schema import key_column as _key
from pipeline.schema import number_column as _number
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time

KNOWN_REVIEWS = Table(
    "known_reviews",
    "one row per review of the library that is suggested for a claim of this incident.",
    (
        _key("review_id", "where it came from and which claim of it"),
        _key("article_id", "the publication: one release reviews a claim in several languages"),
        _key("claim", "the claim as its publisher words it"),
        _text("title", "headline of the review"),
        _text("rating", "the verdict in its publisher's words, never ours; null where none was given"),
        _text("publisher", "who published it"),
        _text("site", "host of its publisher"),
        _text("url", "address of the review"),
        _text("language", "language of the review as given"),
        _time("reviewed_at", "when it was published"),
        _key("reviewed_precision", "how exactly that is known"),
        _key("provenance", "import, crawl or release: how it came into the library"),
        _key("origin", "file, crawl or release that it came with"),
        _text("sha256", "hash of the bytes that it was read from"),
        _key("trust", "trusted or shown, by the coalition's own list"),
        _text("ready_text", "text of the coalition's own release; null for others"),
        _text("origin_incident", "incident of the release"),
        _text("origin_claim", "claim of the release"),
    ),
)

CLAIM_REVIEWS = Table(
    "claim_reviews",
    "one row per claim and review that may be about it: suggested until a person confirms or rejects it.",
    (
        _key("claim_id", "the claim"),
        _key("review_id", "the review"),
        _number("similarity", "fused likeness, 0 to 1; says nothing about truth"),
        _number("words", "likeness of words, 0 to 1; null between languages"),
        _number("sounds", "likeness of sounds, 0 to 1; null between languages"),
        _number(
            "passages", "runs of sounds in common, whatever else is said, 0 to 1; null between languages"
        ),
        _number("meaning", "likeness of meaning by the encoder, -1 to 1"),
        Column("shared_words", STRINGS, "words that both have, the most telling first"),
    ),
)
