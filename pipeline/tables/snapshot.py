"""What only a partner's snapshot has."""

from __future__ import annotations

from pipeline.schema import Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import time_column as _time

CLAIM_SPREAD = Table(
    "claim_spread",
    "one row per claim, platform and span of time with enough authors; stands for posts, which are not here.",
    (
        _key("claim_id", "the claim"),
        _key("platform", "platform of the posts"),
        _time("starts_at", "begin of the hour or day (UTC); null for what is left of the whole time"),
        _key("span", "hour, day or all"),
        _count("posts", "posts of known authors in it, beyond those in narrower spans"),
        _count("authors", "distinct known authors of them, never fewer than k"),
    ),
)

SNAPSHOT = Table(
    "snapshot",
    "one row: what this file is and what was left out of it.",
    (
        _key("incident", "the incident"),
        _key("partner", "the partner that it was made for"),
        _time("made_at", "when (UTC)"),
        _count("k", "authors that a group has at least"),
        _count("claims_left_out", "claims of fewer authors: no row of them but in what people decided"),
        _count("posts_left_out", "posts that stand in no row of claim_spread"),
        _count("counts_left_out", "numbers that rest on fewer authors: null here"),
        _count("hidden", "stretches of personal data hidden in texts"),
    ),
)
