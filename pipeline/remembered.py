"""What was worked out of a text, kept in the lake: a run works on texts that no run before it has seen."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.files import write_parquet

FOLDER = "remembered"
KEY = "key"
_KEY_BYTES = 12
_AT_ONCE = 100_000
"""Texts worked on at a time: a stopped run loses no more, and memory stays bounded."""
_FILES = 16
"""Files from which on they become one: a run of few new posts adds a small one."""

Make = Callable[[pa.Array], pa.Table]
"""From the positions of texts to one row for each, in that order."""


class Remembered:
    """One function of texts: its rows by key, in Parquet files that are only added to.

    ``schema`` has the columns of a row without the key. ``decided_by`` is all that decides a row beside its text;
    what was made otherwise is deleted when something new is stored. The files may be deleted at any time: the next
    run makes the same again. They hold what people wrote, so whoever deletes posts deletes them (``files``).
    """

    def __init__(self, lake: Path, name: str, schema: pa.Schema, decided_by: Sequence[object]) -> None:
        told = json.dumps(list(decided_by), ensure_ascii=False, sort_keys=True)
        label = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        self.folder = lake / FOLDER / name / label
        self._schema = schema
        self._stored = pa.schema([pa.field(KEY, pa.binary(_KEY_BYTES)), *schema])

    def rows(self, keys: pa.Array, make: Make) -> pa.Table:
        """One row per key, in order; ``make`` is asked for those that are not remembered, and these are stored.

        Equal keys must stand for equal rows.
        """
        known = self._table
        places = pc.index_in(keys, value_set=known.column(KEY).combine_chunks())
        if not places.null_count:
            return known.select(self._schema.names).take(places)
        missing = pc.indices_nonzero(pc.is_null(places))
        new_keys = keys.take(missing).dictionary_encode().dictionary
        first = missing.take(pc.index_in(new_keys, value_set=keys.take(missing)))
        for start in range(0, len(new_keys), _AT_ONCE):
            self._store(new_keys.slice(start, _AT_ONCE), make(first.slice(start, _AT_ONCE)))
        self._table = self._table.combine_chunks()
        return self.rows(keys, make)

    @cached_property
    def _table(self) -> pa.Table:
        read = [self._read(file) for file in sorted(self.folder.glob("*.parquet"))]
        whole = pa.concat_tables(read).combine_chunks() if read else self._stored.empty_table()
        if len(read) > _FILES:
            self._merge(whole)
        return whole

    def _read(self, file: Path) -> pa.Table:
        return pq.read_table(file, schema=self._stored)

    def _store(self, keys: pa.Array, made: pa.Table) -> None:
        columns = [keys, *made.select(self._schema.names).cast(self._schema).columns]
        table = pa.Table.from_arrays(columns, schema=self._stored)
        self._write(table)
        self._table = pa.concat_tables([self._table, table])
        for other in self.folder.parent.iterdir():
            if other != self.folder:
                shutil.rmtree(other)

    def _merge(self, whole: pa.Table) -> None:
        """Write one file instead of many; a kill in between leaves rows twice, and the first of them counts."""
        old = set(self.folder.glob("*.parquet"))
        for file in old - {self._write(whole)}:
            file.unlink()

    def _write(self, table: pa.Table) -> Path:
        name = hashlib.blake2b(digest_size=10)
        for key in table.column(KEY).to_pylist():
            name.update(key)
        path = self.folder / f"{name.hexdigest()}.parquet"
        write_parquet(path, table)
        return path


def files(lake: Path) -> list[Path]:
    """Every file in which something is remembered of a text."""
    return sorted(path for path in (lake / FOLDER).rglob("*") if path.is_file())


def keys_of_texts(texts: Iterable[str]) -> pa.Array:
    """Keys of texts as they were written."""
    made = [
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_KEY_BYTES).digest()
        for text in texts
    ]
    return pa.array(made, pa.binary(_KEY_BYTES))


def keys_of(text_keys: pa.ChunkedArray) -> pa.Array:
    """Keys of texts that have a ``text_key``."""
    flat = bytes.fromhex("".join(text_keys.to_pylist()))
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(_KEY_BYTES), len(text_keys), [None, pa.py_buffer(flat)]
    )
