"""DuckDB connections with the settings that this project relies on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.errors import StageError, StoreError
from pipeline.statements import statement

MEMORY_LIMIT = os.environ.get("CHENGQING_DUCKDB_MEMORY", "4GB")
"""DuckDB takes 80 % of the machine unless told otherwise; dashboard, batch and analysts share it."""

_CONFIG: dict[str, Any] = {
    "memory_limit": MEMORY_LIMIT,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "threads": os.cpu_count() or 1,
    "temp_directory": str(
        Path(tempfile.gettempdir()) / f"chengqing-{os.getuid()}"
    ),  # not the folder we were called in
}


def connect_memory() -> duckdb.DuckDBPyConnection:
    """A private in-memory database, in UTC."""
    connection = duckdb.connect(":memory:", config=_CONFIG)
    connection.execute("set timezone = 'UTC'")
    return connection


def connect_published(path: Path) -> duckdb.DuckDBPyConnection:
    """The published warehouse at ``path``, read-only: any number of readers, none ever waits for a batch.

    The symlink is resolved first, so this connection keeps the version it opened. Query through
    ``connection.cursor()``, one per call: a connection shared by threads gives wrong results.
    """
    target = _held(path)
    try:
        connection = duckdb.connect(str(target), read_only=True, config=_CONFIG)
    except duckdb.Error as error:
        raise _unopened(path, error) from error
    connection.execute("set timezone = 'UTC'")
    return connection


def connect_apart(path: Path) -> duckdb.DuckDBPyConnection:
    """The published warehouse at ``path``, read-only, with settings of its own.

    Connections of one process to one file share their settings, so what one of them locks is locked for all: a
    stranger's query is asked through this one.
    """
    quoted = str(_held(path)).replace("'", "''")
    connection = connect_memory()
    try:
        connection.execute(f"attach '{quoted}' as published (read_only)")
        connection.execute("use published")
    except duckdb.Error as error:
        connection.close()
        raise _unopened(path, error) from error
    return connection


def _held(path: Path) -> Path:
    target = path.resolve()
    if not target.exists():
        raise StoreError(
            f"{path}: nothing is published yet; run: chengqing run {path.stem}", code="not_published"
        )
    return target


def _unopened(path: Path, error: duckdb.Error) -> StoreError:
    return StoreError(
        f"{path}: cannot be opened ({error}); publish again with: chengqing run {path.stem}",
        code="warehouse_unreadable",
    )


def run_statement(
    name: str, tables: Mapping[str, pa.Table], values: Mapping[str, Any] | None = None
) -> pa.Table:
    """Run ``sql/<name>.sql`` over Arrow ``tables`` known by their names, and return its result."""
    connection = connect_memory()
    try:
        for table_name, table in tables.items():
            connection.register(table_name, table)
        return connection.sql(statement(name), params=dict(values or {})).to_arrow_table()
    except duckdb.Error as error:
        raise StageError(f"sql/{name}.sql: {error}") from error
    finally:
        connection.close()
