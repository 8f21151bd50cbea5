"""Stage encode: vectors kept by encoder revision and text key, so that nothing is encoded twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from models.encoder import Encoder
from pipeline.errors import StageError
from pipeline.files import write_parquet
from pipeline.progress import Tick
from pipeline.tables import VECTORS

BATCH_TEXTS = 50_000
"""Texts per file: a stopped run loses at most the encoding of so many."""


class VectorCache:
    """The vectors of one incident and one encoder revision: append-only Parquet files of half floats."""

    def __init__(self, lake: Path, encoder: Encoder) -> None:
        self.encoder = encoder
        label = hashlib.blake2b(f"{encoder.name}\0{encoder.revision}".encode(), digest_size=8).hexdigest()
        self.folder = lake / VECTORS.name / label

    @property
    def files(self) -> list[Path]:
        """Files in a fixed order."""
        return sorted(self.folder.glob("*.parquet"))

    def add(self, texts: pa.Table, tick: Tick) -> int:
        """Encode the texts (``TEXTS``) that have no vector yet; returns how many those were."""
        known = self._keys()
        new = texts.filter(pc.invert(pc.is_in(texts.column("text_key"), value_set=known)))
        for start in range(0, new.num_rows, BATCH_TEXTS):
            batch = new.slice(start, BATCH_TEXTS)
            self._store(batch.column("text_key"), self.encoder.encode(batch.column("match_text").to_pylist()))
            tick(min(start + BATCH_TEXTS, new.num_rows), new.num_rows)
        added: int = new.num_rows
        return added

    def rows(self, texts: pa.Table) -> NDArray[np.float32]:
        """Vectors of ``texts`` in their order, shape (texts, dimensions)."""
        stored = self._read(texts.column("text_key").combine_chunks())
        places = pc.index_in(texts.column("text_key"), value_set=stored.column("text_key").combine_chunks())
        if places.null_count:
            raise StageError(f"{places.null_count} texts have no vector; run the stage encode first")
        flat = stored.column("vector").combine_chunks().values.to_numpy(zero_copy_only=False)
        matrix = flat.reshape(-1, self.encoder.dimensions)
        picked: NDArray[np.float32] = matrix[places.to_numpy()].astype(np.float32)
        return picked

    def _store(self, keys: pa.ChunkedArray, vectors: NDArray[np.float32]) -> None:
        offsets = np.arange(len(vectors) + 1, dtype=np.int32) * vectors.shape[1]
        flat = pa.array(vectors.astype(np.float16).reshape(-1), pa.float16())
        table = pa.Table.from_arrays(
            [keys, pa.ListArray.from_arrays(pa.array(offsets), flat)], schema=VECTORS.schema
        )
        name = hashlib.blake2b("\n".join(keys.to_pylist()).encode(), digest_size=10).hexdigest()
        write_parquet(self.folder / f"{name}.parquet", table)

    def _read(self, wanted: pa.Array) -> pa.Table:
        """Rows of the files that have any of the ``wanted``: half floats are slow to read."""
        read = [VECTORS.schema.empty_table()]
        for file in self.files:
            keys = pq.read_table(file, columns=["text_key"]).column("text_key")
            if pc.any(pc.is_in(keys, value_set=wanted)).as_py():
                read.append(pq.read_table(file, schema=VECTORS.schema))
        return pa.concat_tables(read)

    def _keys(self) -> pa.Array:
        columns = [pq.read_table(file, columns=["text_key"]).column("text_key") for file in self.files]
        chunks = [chunk for column in columns for chunk in column.chunks]
        return pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
