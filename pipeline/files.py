"""Writing files so that a kill at any moment leaves the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROW_GROUP_ROWS = 50_000
"""Rows per Parquet row group: small enough that a time filter skips most, large enough to compress."""
_LOOKED_AT = 2_000
"""Rows by which a column is judged."""


def fsync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; on success it is synced and takes the place of ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
        fsync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` with ``text`` in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_parquet(path: Path, table: pa.Table) -> None:
    """Replace ``path`` with ``table`` in one step; equal tables give equal bytes."""
    with replacing(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            row_group_size=ROW_GROUP_ROWS,
            use_dictionary=_repeating(table),
        )


def _repeating(table: pa.Table) -> list[str]:
    """Paths of columns worth a dictionary: keys and texts that hardly repeat are faster and smaller without."""
    leaves = {
        field.name: f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name
        for field in table.schema
    }
    return [leaf for name, leaf in leaves.items() if not _hardly_repeats(table.column(name))]


def _hardly_repeats(column: pa.ChunkedArray) -> bool:
    looked_at = column.slice(0, _LOOKED_AT)
    return pa.types.is_string(column.type) and 2 * len(pc.unique(looked_at)) >= len(looked_at)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def swap_symlink(link: Path, target: Path) -> None:
    """Point ``link`` at ``target`` (beside it) in one step; whoever has the old target open keeps it."""
    temporary = link.with_name(f".{link.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target.name)
    temporary.replace(link)
    fsync_folder(link.parent)


@contextlib.contextmanager
def locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold the lock file ``path``; gives False when another process has it and ``wait`` is off. A kill releases it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
