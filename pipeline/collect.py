"""Stage collect: observations of all crawls become posts, each with the post it reacts to."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.duck import run_statement
from pipeline.tables import POSTS

MAX_CHAIN_DOUBLINGS = 24
"""Reposts of reposts are followed by doubling: 24 doublings follow chains of 16 million posts."""


def collect(observations: pa.Table, as_of: datetime | None = None) -> pa.Table:
    """Return ``POSTS``: the latest observation of every post, sorted by time and id.

    With ``as_of``, only what was known at that moment counts.
    """
    posts = run_statement("stages/latest_posts", {"observations": observations}, {"as_of": as_of})
    return POSTS.conform(posts.append_column("root_id", root_ids(posts)))


def root_ids(posts: pa.Table) -> pa.Array:
    """For every post, the post at the end of its chain of reposts and replies that we hold.

    A post whose parent we do not hold is its own root, and so is one caught in a circle of replies.
    """
    ids = posts.column("post_id").combine_chunks()
    places = [
        pc.index_in(posts.column(name).combine_chunks(), value_set=ids) for name in ("repost_of", "parent_id")
    ]
    parents = pc.fill_null(pc.coalesce(*places), -1)
    return ids.take(pa.array(follow(np.asarray(parents, dtype=np.int64))))


def follow(parents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Follow ``parents`` (index of each row's parent, -1 for none) to the end; rows in a circle stay."""
    rows = np.arange(len(parents))
    is_end = (parents < 0) | (parents == rows)
    at = np.where(is_end, rows, parents)
    for _ in range(MAX_CHAIN_DOUBLINGS):
        further = at[at]
        if np.array_equal(further, at):
            break
        at = further
    return np.where(is_end[at], at, rows)
