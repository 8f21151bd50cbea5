"""What the last grouping knew: near pairs and their evidence, so that new texts join without comparing all again.

Exact by construction. What is said of a pair depends on its two texts and on the statistics alone, and statistics
are those of a fixed beginning of the texts (``basis``); a list of nearest texts takes a new one in by its rank.
Where the beginning is another one, or a text is gone, nothing is remembered and all is compared.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.files import replacing
from pipeline.group.cohesion import Cuts
from pipeline.group.config import GroupConfig
from pipeline.group.pairs import Near, Pairs
from pipeline.group.verify import Evidence

_FRESH_SHARE = 0.2
"""Share of new texts from which comparing all is faster."""


@dataclass(frozen=True)
class Memory:
    """One grouping's pairs, by position in ``keys``."""

    basis: str
    """Digest of the texts whose statistics were used."""
    keys: NDArray[np.bytes_]
    """Text keys, sorted."""
    first_at: NDArray[np.int64]
    near: Near
    found: Pairs
    """Pairs worth remembering, and their evidence."""
    evidence: Evidence
    corrects: NDArray[np.bool_]
    """Texts that say that something is untrue: reading that is slow."""
    cuts: Cuts

    def save(self, path: Path) -> None:
        """Write all of it, whole or not at all."""
        said = {f"evidence_{f.name}": getattr(self.evidence, f.name) for f in fields(Evidence)}
        near = {f"near_{f.name}": getattr(self.near, f.name) for f in fields(Near)}
        cuts = {f"cuts_{f.name}": getattr(self.cuts, f.name) for f in fields(Cuts)}
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                basis=np.array(self.basis),
                keys=self.keys,
                first_at=self.first_at,
                found=self.found,
                corrects=self.corrects,
                **said,
                **near,
                **cuts,
            )

    @classmethod
    def load(cls, path: Path) -> Memory | None:
        """Read it back; ``None`` when there is none or it cannot be read: it is only a cache."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                return cls(
                    str(file["basis"]),
                    file["keys"],
                    file["first_at"],
                    Near(*(file[f"near_{f.name}"] for f in fields(Near))),
                    file["found"],
                    Evidence(*(file[f"evidence_{f.name}"] for f in fields(Evidence))),
                    file["corrects"],
                    Cuts(*(file[f"cuts_{f.name}"] for f in fields(Cuts))),
                )
        except (OSError, ValueError, KeyError, BadZipFile):
            return None


@dataclass(frozen=True)
class Known:
    """A memory, told by the positions of the texts of now."""

    near: Near
    found: Pairs
    evidence: Evidence
    fresh: NDArray[np.bool_]
    """Texts that the memory does not hold."""
    corrects: NDArray[np.bool_]
    cuts: Cuts
    redated: NDArray[np.bool_]
    """Texts whose first appearance has changed: what is said of their pairs may, too."""


def recall(
    memory: Memory | None, basis: str, keys: NDArray[np.bytes_], first_at: NDArray[np.int64]
) -> Known | None:
    """Return what ``memory`` knows about these texts; ``None`` when nothing that helps."""
    if memory is None or memory.basis != basis or not len(memory.keys):
        return None
    place = np.searchsorted(keys, memory.keys)
    if place[-1] >= len(keys) or not np.array_equal(keys[place], memory.keys):
        return None
    fresh = np.ones(len(keys), np.bool_)
    fresh[place] = False
    if fresh.mean() > _FRESH_SHARE:
        return None
    redated = np.zeros(len(keys), np.bool_)
    redated[place] = first_at[place] != memory.first_at
    near = Near(place[memory.near.later], place[memory.near.earlier], memory.near.product)
    corrects, piece = np.zeros(len(keys), np.bool_), np.full(len(keys), -1, np.int64)
    corrects[place] = memory.corrects
    piece[place] = np.where(memory.cuts.piece < 0, -1, place[memory.cuts.piece])
    cuts = Cuts(memory.cuts.whole, memory.cuts.apart, piece)
    return Known(near, place[memory.found], memory.evidence, fresh, corrects, cuts, redated)


def basis_of(
    keys: NDArray[np.bytes_], arrived: NDArray[np.int64] | None, config: GroupConfig
) -> NDArray[np.bool_]:
    """Mark the texts whose statistics count: all, or beyond ``settled`` texts those that arrived first.

    How many those are grows in steps, so statistics stand still while texts arrive, and are the same however
    the texts of now came together.
    """
    if arrived is None or len(keys) <= config.settled:
        return np.ones(len(keys), np.bool_)
    count = config.settled
    while (larger := int(count * config.statistics_step) + 1) <= len(keys):
        count = larger
    marked = np.zeros(len(keys), np.bool_)
    marked[np.lexsort((keys, arrived))[:count]] = True
    return marked


def digest_of(keys: NDArray[np.bytes_]) -> str:
    """Return a digest of these keys in this order."""
    return hashlib.blake2b(keys.tobytes(), digest_size=16).hexdigest()


def moments(texts: pa.Table) -> NDArray[np.int64]:
    """Return ``first_at`` in microseconds, the least number where it is unknown."""
    micros = pc.cast(texts.column("first_at"), pa.int64())
    return np.asarray(pc.fill_null(micros, np.iinfo(np.int64).min).to_numpy())
