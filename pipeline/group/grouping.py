"""What grouping gives: groups, matches, conflicts."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from pipeline.group.memory import Memory


@dataclass(frozen=True)
class Grouping:
    """Groups of texts, and what people should look at.

    ``members``: text_key, group_key (smallest text_key of the group), similarity to the exemplar (0 to 1),
    is_exemplar, joined_by (exact, similar, ruling or alone), weakest_link (per group; null for a single text),
    keywords (the words that tie the group, strongest first; none for a single text).
    ``matches``: left_key, right_key (texts in different groups), similarity, why.
    ``conflicts``: left_key, right_key (texts that one ruling parts), through_keys (texts along which other rulings
    join them, ends included): those stay together, and a person must look.
    ``memory``: what the next grouping need not compare again.
    """

    members: pa.Table
    matches: pa.Table
    conflicts: pa.Table
    memory: Memory
