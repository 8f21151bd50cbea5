"""The tables of a grouping; what their columns mean stands in ``Grouping``."""

from __future__ import annotations

import pyarrow as pa

from pipeline.schema import STRINGS

MEMBERS = pa.schema(
    [
        ("text_key", pa.string()),
        ("group_key", pa.string()),
        ("similarity", pa.float64()),
        ("is_exemplar", pa.bool_()),
        ("joined_by", pa.string()),
        ("weakest_link", pa.float64()),
        ("keywords", STRINGS),
    ]
)
MATCHES = pa.schema(
    [
        ("left_key", pa.string()),
        ("right_key", pa.string()),
        ("similarity", pa.float64()),
        ("why", pa.string()),
    ]
)
CONFLICTS = pa.schema(
    [("left_key", pa.string()), ("right_key", pa.string()), ("through_keys", pa.list_(pa.string()))]
)
