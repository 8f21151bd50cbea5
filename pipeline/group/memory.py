"""What the last grouping knew, so that new texts join without comparing all again.

Exact by construction. What is said of a pair depends on its two texts and on the statistics alone, and statistics
are those of a fixed beginning of the texts (``basis``); which earlier texts are nearest to one changes only where a new
one is among them; what is said of a group depends on its members. Where the beginning is another one, or a text is
gone, nothing is remembered and all is compared.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline.files import replacing
from pipeline.group.cohesion import Cuts
from pipeline.group.config import GroupConfig
from pipeline.group.explain import Likeness, Ties
from pipeline.group.languages import Opposite
from pipeline.group.near import Index, Reach
from pipeline.group.pairs import Pairs
from pipeline.group.suggest import Told
from pipeline.group.verify import Verdicts
from pipeline.group.views import Common

_FRESH_SHARE = 0.2
"""Share of new texts from which comparing all is faster."""
_MILLIONTHS = 1e6
_SOUNDS = (2, 3)

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Memory:
    """One grouping's pairs and groups; texts are told by position in ``keys``."""

    basis: str
    """Digest of the texts whose statistics were used."""
    keys: NDArray[np.bytes_]
    """Text keys, sorted."""
    first_at: NDArray[np.int64]
    corrects: NDArray[np.bool_]
    """Texts that say that something is untrue: reading that is slow."""
    letters: NDArray[np.uint8]
    """What ``languages.written`` says of each text."""
    opposite: Opposite
    common: Common
    index: Index
    reach: Reach
    found: Pairs
    """Pairs worth remembering, sorted."""
    verdicts: Verdicts
    told: Told
    cuts: Cuts
    likeness: Likeness
    ties: Ties

    def save(self, path: Path) -> None:
        """Write all of it, whole or not at all."""
        shown, meaning, whys = self.told.known()
        arrays: Arrays = {
            "basis": np.array(self.basis),
            "letters": self.letters,
            "found": self.found.astype(np.int32),
            "similarity": np.rint(self.verdicts.similarity * _MILLIONTHS).astype(np.int32),
            "flags": _packed(self.verdicts),
            "shown": shown,
            "meaning": meaning,
            "why": _buffer(whys),
            "texts": np.array(self.common.texts),
            "words": _buffer(self.common.words),
            "of_words": self.common.of_words.astype(np.int32),
            "ties": self.ties.groups,
            "tying": _buffer(self.ties.words),
        }
        arrays |= {f"of_sounds_{width}": self.common.of_sounds[width].astype(np.int32) for width in _SOUNDS}
        arrays |= {name: getattr(self, name) for name in ("keys", "first_at", "corrects")}
        for name, _ in _PARTS:
            arrays |= _columns(name, getattr(self, name))
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Memory | None:
        """Read it back; ``None`` when there is none or it cannot be read: it is only a cache."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                return cls._of(dict(file))
        except (OSError, ValueError, KeyError, BadZipFile, pa.ArrowInvalid):
            return None

    @classmethod
    def _of(cls, arrays: Arrays) -> Memory:
        parts: dict[str, Any] = {
            name: kind(*(arrays[f"{name}_{f.name}"] for f in fields(kind))) for name, kind in _PARTS
        }
        of_sounds = {width: arrays[f"of_sounds_{width}"].astype(np.int64) for width in _SOUNDS}
        words = _strings(arrays["words"])
        return cls(
            basis=str(arrays["basis"]),
            keys=arrays["keys"],
            first_at=arrays["first_at"],
            corrects=arrays["corrects"],
            letters=arrays["letters"],
            common=Common(int(arrays["texts"]), words, arrays["of_words"].astype(np.int64), of_sounds),
            found=arrays["found"].astype(np.int64),
            verdicts=_unpacked(arrays["similarity"], arrays["flags"]),
            told=Told.of(len(arrays["found"]), arrays["shown"], arrays["meaning"], _strings(arrays["why"])),
            ties=Ties(arrays["ties"], _strings(arrays["tying"])),
            **parts,
        )


_PARTS: tuple[tuple[str, Any], ...] = (
    ("index", Index),
    ("reach", Reach),
    ("cuts", Cuts),
    ("likeness", Likeness),
    ("opposite", Opposite),
)


def _columns(name: str, part: Any) -> Arrays:  # noqa: ANN401  any of ``_PARTS``
    return {f"{name}_{f.name}": getattr(part, f.name) for f in fields(part)}


def _packed(verdicts: Verdicts) -> NDArray[np.uint8]:
    flags = [verdicts.matched, verdicts.corrects, verdicts.swapped_place]
    return np.asarray(sum(flag.astype(np.uint8) << bit for bit, flag in enumerate(flags)), np.uint8)


def _unpacked(millionths: NDArray[np.int32], flags: NDArray[np.uint8]) -> Verdicts:
    matched, corrects, swapped = (flags & np.uint8(1 << bit) > 0 for bit in range(3))
    return Verdicts(millionths / _MILLIONTHS, matched, corrects, swapped)


def _buffer(strings: pa.Array) -> NDArray[np.uint8]:
    sink = pa.BufferOutputStream()
    table = pa.table([strings], names=["strings"])
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return np.frombuffer(sink.getvalue(), np.uint8)


def _strings(buffer: NDArray[np.uint8]) -> pa.Array:
    with pa.ipc.open_file(pa.py_buffer(buffer)) as reader:
        return reader.read_all().column("strings").combine_chunks()


@dataclass(frozen=True)
class Known:
    """Where the texts of a memory are among the texts of now."""

    memory: Memory
    place: NDArray[np.int64]
    """Of each text of the memory."""
    fresh: NDArray[np.bool_]
    """Texts that the memory does not hold."""
    redated: NDArray[np.bool_]
    """Texts whose first appearance has changed: what is said of their pairs may, too."""

    def spread(self, values: NDArray[Any], rest: Any) -> NDArray[Any]:  # noqa: ANN401  as the values are
        """Return one value for each text of now: the memory's, or ``rest``."""
        spread = np.full(len(self.fresh), rest, values.dtype)
        spread[self.place] = values
        return spread

    def moved(self, texts: NDArray[Any]) -> NDArray[np.int64]:
        """Return for each text of now which text the memory's ``texts`` (one per text, or -1) are now."""
        return self.spread(np.where(texts < 0, -1, self.place[texts]), -1)


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
    return Known(memory, place, fresh, redated)


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
