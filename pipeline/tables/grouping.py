"""What grouping found that people should look at, beside the pairs that it suggests."""

from __future__ import annotations

from pipeline.schema import STRINGS, Column, Table
from pipeline.schema import key_column as _key

RULING_CONFLICTS = Table(
    "ruling_conflicts",
    "one row per ruling that parts two posts although other rulings join them: they stay together until a person "
    "withdraws one.",
    (
        _key("left_post", "one post of the ruling that could not be obeyed", personal=True),
        _key("right_post", "the other post", personal=True),
        Column(
            "through_posts",
            STRINGS,
            "the posts along which other rulings join them, both ends included",
            personal=True,
        ),
    ),
)
