"""Stage collect: observations of all crawls become posts, each with the post it reacts to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.duck import run_statement
from pipeline.tables import POSTS

COLLECT_VERSION = "1"

MAX_CHAIN_DOUBLINGS = 24
"""Reposts of reposts are followed by doubling: 24 doublings follow chains of 16 million posts."""


def collect(observations: pa.Table) -> pa.Table:
    """Return ``POSTS``: the latest observation of every post, sorted by time and id."""
    posts = run_statement("stages/latest_posts", {"observations": observations})
    return POSTS.conform(posts.append_column("root_id", root_ids(posts)))


def root_ids(posts: pa.Table) -> pa.Array:
    """For every post, the post at the end of its chain of reposts and replies that we hold.

    A post whose parent we do not hold is its own root, and so is one caught in a circle of replies.
    """
    ids = posts.column("post_id").combine_chunks()
    parents = pc.coalesce(posts.column("repost_of"), posts.column("parent_id")).combine_chunks()
    places = pc.fill_null(pc.index_in(parents, value_set=ids), -1)
    return ids.take(pa.array(follow(np.asarray(places, dtype=np.int64))))


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
