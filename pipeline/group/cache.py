"""Where a grouping's memory lies between runs, and in what order texts arrived."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.group.config import GroupConfig
from pipeline.group.memory import Memory

FOLDER = "grouping"


class GroupCache:
    """The memory of one incident's last grouping by the same code, lexicon, words and config: a file of the lake.

    It may be deleted at any time; the next grouping compares all pairs again and finds the same.
    """

    def __init__(self, lake: Path, config: GroupConfig, decided_by: Sequence[object]) -> None:
        self._config = config
        told = json.dumps([asdict(config), *decided_by], ensure_ascii=False, sort_keys=True)
        name = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
        self.path = lake / FOLDER / f"{name}.npz"

    def load(self) -> Memory | None:
        """What is remembered; ``None`` when nothing is."""
        return Memory.load(self.path)

    def keep(self, memory: Memory) -> None:
        """Remember this instead of all before, where remembering is worth a file."""
        if len(memory.keys) <= self._config.settled:
            return
        memory.save(self.path)
        for other in self.path.parent.glob("*.npz"):
            if other != self.path:
                other.unlink()


def arrivals(texts: pa.Table, posts: pa.Table, normalized: pa.Table) -> NDArray[np.int64]:
    """Return for each of ``texts`` when a post that says it was first collected, in microseconds."""
    ids = posts.column("post_id").combine_chunks()
    rows = pc.index_in(normalized.column("post_id"), value_set=ids)
    met = pc.cast(posts.column("first_collected_at"), pa.int64()).take(rows).to_numpy()
    keys = texts.column("text_key").combine_chunks()
    place = pc.fill_null(pc.index_in(normalized.column("text_key"), value_set=keys), -1).to_numpy()
    said = place >= 0
    first = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(first, place[said], met[said])
    return np.where(first == np.iinfo(np.int64).max, 0, first)
