"""Ids of purged posts become keyed hashes where a row must stay: nobody can read them, equal ones stay equal."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from pipeline.identity import Identity

PURGED = "purged:"
"""Before the keyed hash that stands for a post's id."""


def blinded(
    table: pa.Table, column: str, posts: Collection[str] | None, identity: Identity
) -> tuple[pa.Table, int]:
    """``table`` with keyed hashes for ``posts`` (all without) in ``column``, and how many there were."""
    names = table.column(column).to_pylist()
    goes = [n is not None and not n.startswith(PURGED) and (posts is None or n in posts) for n in names]
    blind = [PURGED + identity.mark("post", n) if gone else n for n, gone in zip(names, goes, strict=True)]
    place = table.schema.get_field_index(column)
    return table.set_column(place, table.schema.field(column), pa.array(blind, pa.string())), sum(goes)
