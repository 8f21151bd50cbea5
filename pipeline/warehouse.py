"""Publishing: a new DuckDB file is built beside the old one and swapped in with one rename.

Small tables are copied into the file; posts, vectors and observations are views over an explicit list of
immutable Parquet files. Readers keep the version they opened; nothing ever edits a file that others read.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from pipeline import tables as t
from pipeline.decided import review_words, statement_tables
from pipeline.errors import StoreError
from pipeline.files import fsync_folder, locked, swap_symlink
from pipeline.ledger import Ledger
from pipeline.runs import Run
from pipeline.tables import Table

KEPT_VERSIONS = 3
"""Published files that stay on disk: a reader that opened the last but one still finds its Parquet files."""

STORAGE_VERSION = "v1.5.0"
"""Older than ours on purpose: the DuckDB 1.5 command line and common tools can read it."""

_VIEWS = {
    table.name
    for table in (
        *(t.POSTS, t.NORMALIZED_POSTS, t.TEXTS, t.VECTORS, t.OBSERVATIONS),
        *(t.TEXT_GROUPS, t.TEXT_MATCHES, t.CLAIM_MEMORY),
    )
}
"""Large tables: they stay in Parquet. What the desk lists (claims, their posts and ranks) is copied."""

_VERSION = re.compile(r"-(\d+)\.duckdb$")


@dataclass(frozen=True, slots=True)
class Contents:
    """What to publish: Parquet files of every derived and raw table, and tables at hand."""

    files: Mapping[str, Sequence[Path]]
    tables: Mapping[str, pa.Table]
    vector_width: int


def turn_lock(link: Path) -> Path:
    """Held by whoever publishes at ``link``."""
    return link.with_name(f".{link.stem}.lock")


def publish(
    link: Path,
    contents: Callable[[], Contents],
    announce: Callable[[str], None] = lambda name: None,
    shown: Callable[[], None] = lambda: None,
) -> Path:
    """Build the next version of the warehouse at ``link`` and swap it in; returns the new file.

    Publishers take turns: ``contents`` is asked for once it is our turn, so that nobody puts older contents over
    newer ones. ``announce`` hears the file's name before the swap, ``shown`` is called after it. A kill at any moment
    leaves the last good version in place; leftovers go with the next publishing.
    """
    with locked(turn_lock(link), wait=True):
        versions = _versions(link)
        target = link.with_name(f"{link.stem}-{_number(versions[-1]) + 1 if versions else 1}.duckdb")
        for leftover in link.parent.glob(".*.tmp*"):
            if re.fullmatch(rf"\.{re.escape(link.stem)}-\d+\.duckdb\.tmp(\.wal)?", leftover.name):
                leftover.unlink()
        temporary = target.with_name(f".{target.name}.tmp")
        _build(temporary, contents())
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(target)
        fsync_folder(target.parent)
        announce(target.name)
        swap_symlink(link, target)
        shown()
        for old in _versions(link)[:-KEPT_VERSIONS]:
            old.unlink()
    return target


def _number(path: Path) -> int:
    found = _VERSION.search(path.name)
    return int(found[1]) if found else 0


def _versions(link: Path) -> list[Path]:
    """Published files of the incident, oldest first."""
    found = [p for p in link.parent.glob(f"{link.stem}-*.duckdb") if _belongs(p, link.stem)]
    return sorted(found, key=_number)


def _belongs(path: Path, incident: str) -> bool:
    return re.fullmatch(rf"{re.escape(incident)}-\d+\.duckdb", path.name) is not None


def _build(path: Path, contents: Contents) -> None:
    connection = duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE_VERSION})
    try:
        connection.execute("set timezone = 'UTC'")
        connection.execute("begin")  # one sync for some 200 statements instead of one each
        for table in t.PUBLISHED:
            _add(connection, table, contents)
            _comment(connection, table)
        connection.execute("commit")
        connection.execute("checkpoint")
    except duckdb.Error as error:
        raise StoreError(
            f"publishing {path.name}: {error}; the last good warehouse stays in place"
        ) from error
    finally:
        connection.close()


def write_database(path: Path, tables: Iterable[tuple[Table, Sequence[t.Column], pa.Table]]) -> None:
    """A DuckDB file that stands alone, with comments on every table and column; appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.unlink(missing_ok=True)
    connection = duckdb.connect(str(temporary), config={"storage_compatibility_version": STORAGE_VERSION})
    try:
        connection.execute("set timezone = 'UTC'")
        for table, columns, rows in tables:
            connection.register("incoming", rows)
            connection.execute(f"create table {table.name} as select * from incoming")  # noqa: S608
            connection.unregister("incoming")
            _comment(connection, table, columns)
    except duckdb.Error as error:
        raise StoreError(f"{path}: could not be written ({error})") from error
    finally:
        connection.close()
    temporary.replace(path)


def _add(connection: duckdb.DuckDBPyConnection, table: Table, contents: Contents) -> None:
    """Create one table or view. Names come from ``pipeline.tables``, never from a person."""
    files = [str(path.resolve()) for path in contents.files.get(table.name, ())]
    if table.name in _VIEWS and files:
        listed = ", ".join(_quoted(file) for file in files)
        columns = ", ".join(_view_column(c.name, table, contents.vector_width) for c in table.columns)
        connection.execute(f"create view {table.name} as select {columns} from read_parquet([{listed}])")  # noqa: S608
        return
    rows = contents.tables.get(table.name)
    if rows is None and files:
        listed = ", ".join(_quoted(file) for file in files)
        connection.execute(f"create table {table.name} as select * from read_parquet([{listed}])")  # noqa: S608
        return
    connection.register("incoming", rows if rows is not None else _empty(table))
    connection.execute(f"create table {table.name} as select * from incoming")  # noqa: S608
    connection.unregister("incoming")


def _empty(table: Table) -> pa.Table:
    """An empty table that DuckDB can read: it knows no half floats from Arrow."""
    types = [pa.list_(pa.float32()) if c.name == "vector" else c.type for c in table.columns]
    return pa.schema(zip([c.name for c in table.columns], types, strict=True)).empty_table()


def _view_column(name: str, table: Table, width: int) -> str:
    """Vectors come back from Parquet as lists of half floats; give them their fixed width again."""
    if table.name == t.VECTORS.name and name == "vector":
        return f"vector::float[]::float[{width}] as vector"
    return name


def _comment(
    connection: duckdb.DuckDBPyConnection, table: Table, columns: Sequence[t.Column] | None = None
) -> None:
    kind = "view" if _is_view(connection, table.name) else "table"
    connection.execute(f"comment on {kind} {table.name} is {_quoted(table.grain)}")
    for column in table.columns if columns is None else columns:
        connection.execute(f"comment on column {table.name}.{column.name} is {_quoted(column.comment)}")


def _is_view(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    sql = "select count(*) from duckdb_views() where view_name = $name"
    row = connection.execute(sql, {"name": name}).fetchone()
    return bool(row and row[0])


def _quoted(text: str) -> str:
    """A SQL string literal: DDL takes no parameters."""
    return "'" + text.replace("'", "''") + "'"


def decided_tables(ledger: Ledger, incident: str) -> dict[str, pa.Table]:
    """The ledger's state as tables, as of now."""
    triage = [
        {name: getattr(row, name) for name in t.TRIAGE.schema.names}
        for row in ledger.triage(incident).values()
    ]
    events = [
        {name: getattr(e, name) for name in t.TRIAGE_EVENTS.schema.names} | {"payload": _json(e.payload)}
        for e in reversed(ledger.events(incident))
    ]
    rulings = [
        {name: getattr(r, name) for name in t.MATCH_RULINGS.schema.names} for r in ledger.rulings(incident)
    ]
    return statement_tables(ledger.path, incident) | {
        t.TRIAGE.name: t.TRIAGE.from_rows(triage),
        t.TRIAGE_EVENTS.name: t.TRIAGE_EVENTS.from_rows(events),
        t.MATCH_RULINGS.name: t.MATCH_RULINGS.from_rows(rulings),
        t.REVIEW_WORDS.name: review_words(ledger.path, incident),
    }


def _json(payload: dict[str, object]) -> str:
    return json.dumps(payload, ensure_ascii=False, sort_keys=True)


def recorded_tables(runs: Iterable[Run], crawls: pa.Table) -> dict[str, pa.Table]:
    """Runs, their stages and the crawls as tables."""
    run_rows, stage_rows = [], []
    for run in runs:
        run_rows.append({name: getattr(run, name) for name in t.RUNS.schema.names})
        for stage in run.stages:
            row = {name: getattr(stage, name) for name in t.STAGE_RUNS.schema.names if name != "run_id"}
            stage_rows.append(row | {"run_id": run.run_id, "rejects": _json(dict(stage.rejects))})
    return {
        t.RUNS.name: t.RUNS.from_rows(run_rows),
        t.STAGE_RUNS.name: t.STAGE_RUNS.from_rows(stage_rows),
        t.CRAWLS.name: crawls,
    }
