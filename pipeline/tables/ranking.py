"""Claims over time and in order."""

from __future__ import annotations

import pyarrow as pa

from pipeline.schema import Column, Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import number_column as _number
from pipeline.schema import time_column as _time

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
