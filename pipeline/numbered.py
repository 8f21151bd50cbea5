"""Posts, texts and groups by number: a million keys are slow to join, sort and tell apart, whole numbers are not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Numbered:
    """The posts of a run. A post's number is its row: posts are sorted by time and id, so numbers are, too."""

    posts: pa.Table
    """``POSTS``."""
    normalized: pa.Table
    """``NORMALIZED_POSTS`` of these posts, in their order."""

    @classmethod
    def of(cls, posts: pa.Table, normalized: pa.Table) -> Numbered:
        """Number these posts; every one has its row in ``normalized``."""
        if not normalized.column("post_id").equals(posts.column("post_id")):
            place = pc.index_in(posts.column("post_id"), value_set=whole(normalized.column("post_id")))
            normalized = normalized.take(place)
        return cls(posts, normalized)

    @cached_property
    def post_ids(self) -> pa.Array:
        """The id of each post."""
        return whole(self.posts.column("post_id"))

    @cached_property
    def speakers(self) -> Numbers:
        """The post whose words each post belongs to.

        That is the root it reacts to, or itself when that root has no words (a picture: what is said below it must
        not be lost).
        """
        ids, roots = self.post_ids, whole(self.posts.column("root_id"))
        own = np.arange(len(ids))
        reacts = np.flatnonzero(pc.not_equal(roots, ids).to_numpy(zero_copy_only=False))
        speakers = own.copy()
        speakers[reacts] = as_numbers(pc.index_in(roots.take(pa.array(reacts)), value_set=ids))
        return np.where(self.has_words[speakers], speakers, own)

    @cached_property
    def has_words(self) -> NDArray[np.bool_]:
        """Whether each post has words of its own."""
        return as_bools(pc.not_equal(self.normalized.column("match_text"), ""))

    @cached_property
    def _texts(self) -> pa.DictionaryArray:
        return whole(self.normalized.column("text_key")).dictionary_encode()

    @property
    def text_keys(self) -> pa.Array:
        """The key of each text, in the order of their first posts."""
        return self._texts.dictionary

    @property
    def texts(self) -> Numbers:
        """The text of each post."""
        return as_numbers(self._texts.indices)

    @cached_property
    def first_posts(self) -> Numbers:
        """The first post that says each text."""
        first = np.zeros(len(self.text_keys), np.int64)
        first[self.texts[::-1]] = np.arange(len(self.texts))[::-1]
        return first

    def texts_of(self, *columns: pa.ChunkedArray) -> list[Numbers]:
        """Return which texts the keys in these columns are, all of them ours: one look at the keys for all columns."""
        keys = pa.concat_arrays([whole(column) for column in columns])
        found = as_numbers(pc.index_in(keys, value_set=self.text_keys))
        return np.split(found, np.cumsum([len(column) for column in columns])[:-1])

    def posts_of(self, ids: pa.ChunkedArray | pa.Array) -> Numbers:
        """Return which posts these ids are; -1 for none of ours."""
        return as_numbers(pc.fill_null(pc.index_in(whole(ids), value_set=self.post_ids), -1))


def whole(column: pa.ChunkedArray | pa.Array) -> Any:  # noqa: ANN401  pyarrow ships no types
    """Return the column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def joined(column: pa.ChunkedArray | pa.Array, mark: str = "") -> Any:  # noqa: ANN401  a text of Arrow's
    """Return all texts of the column one after another, ``mark`` between them: no text is made in Python."""
    texts = whole(column.cast(pa.large_string()))  # beyond 2 GiB, too
    every = pa.ListArray.from_arrays(pa.array([0, len(column)], pa.int32()), texts)
    return pc.binary_join(every, pa.scalar(mark, pa.large_string()))[0]


def as_numbers(column: pa.ChunkedArray | pa.Array) -> Numbers:
    """Return whole numbers without nulls as numpy has them."""
    return np.asarray(
        column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy(), np.int64
    )


def as_bools(column: pa.ChunkedArray | pa.Array) -> NDArray[np.bool_]:
    """Return truth values without nulls as numpy has them."""
    return np.asarray(whole(column).to_numpy(zero_copy_only=False), np.bool_)
