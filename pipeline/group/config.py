"""What grouping takes and gives: thresholds, rulings, groupings."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

GROUP_VERSION = "1"
"""Part of the stage's key: changes whenever the groups could."""


@dataclass(frozen=True)
class GroupConfig:
    """Thresholds of grouping."""

    matched: float = 0.42
    """Fused similarity from which two texts carry one claim."""
    suggested: float = 0.30
    """Fused similarity from which a pair is shown to people."""
    shortest: int = 6
    """Characters below which a text never joins by similarity."""
    neighbors: int = 64
    """Candidates that one text brings per view."""


@dataclass(frozen=True)
class TextRuling:
    """A person's word on two texts: one claim (``must``) or not."""

    left_key: str
    right_key: str
    must: bool


@dataclass(frozen=True)
class Grouping:
    """Groups of texts, and what people should look at.

    ``members``: text_key, group_key (smallest text_key of the group), similarity to the exemplar (0 to 1),
    is_exemplar, joined_by (exact, similar, ruling or alone), weakest_link (per group; null for a single text).
    ``matches``: left_key, right_key (texts in different groups), similarity, why.
    ``keywords``: group_key to the words that tie it, strongest first; groups of one text have none.
    """

    members: pa.Table
    matches: pa.Table
    keywords: dict[str, list[str]]


MEMBERS = pa.schema(
    [
        ("text_key", pa.string()),
        ("group_key", pa.string()),
        ("similarity", pa.float64()),
        ("is_exemplar", pa.bool_()),
        ("joined_by", pa.string()),
        ("weakest_link", pa.float64()),
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
