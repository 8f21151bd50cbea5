"""A partner's snapshot: one DuckDB file that stands alone, without personal columns and without small groups.

Posts, their texts and ids stay here: a post's id leads to its author in two clicks. In their place stands
``claim_spread``, where each row counts at least k authors. Claims of fewer authors are left out of everything that was
derived; decisions on them are the coalition's own record and stay. See ``pipeline.privacy`` for sources.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import tables as t
from pipeline.duck import connect_published
from pipeline.errors import StoreError, UsageError
from pipeline.files import sha256_of
from pipeline.ledger.exports import Exports
from pipeline.paths import DataDir
from pipeline.privacy import AUTHOR_COUNTS, Mask, is_few
from pipeline.statements import statement
from pipeline.tables.snapshot import CLAIM_SPREAD, SNAPSHOT
from pipeline.warehouse import write_database

OF_CLAIMS = (t.CLAIMS, t.RANKED_CLAIMS, t.CLAIM_ALIASES, t.CLAIM_MATCHES, t.CLAIM_REVIEWS)
"""Derived tables whose rows are about claims: rows of claims with too few authors are left out."""

OTHERS = (t.RANK_SIGNALS, t.KNOWN_REVIEWS, *t.DECIDED, *t.RECORDED)

_CLAIM_COLUMNS = ("claim_id", "left_claim_id", "right_claim_id")
_TO_THE_HOUR = ("first_at", "last_at")
_KEYS = ("_id", "_ids", "_key", "digest", "sha256")
_RESTS_ON = {
    "recent_voices": ("volume", "growth", "burst", "freshness", "newness"),
    "previous_voices": ("growth", "burst"),
    "voices": ("spread",),
    "enquirers": ("enquiry_share",),
    "recent_enquirers": (),
    "correctors": ("debunk_gap",),
}
"""Numbers from which a count of voices could be worked out again: they go with it."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a snapshot holds and what it does not."""

    path: Path
    rows: dict[str, int]
    told: dict[str, Any]
    """The row of ``SNAPSHOT``."""


def shared_columns(table: t.Table) -> list[t.Column]:
    """Columns of a table that a partner may have."""
    return [column for column in table.columns if not column.personal]


def make_snapshot(data: DataDir, incident: str, partner: str, path: Path, *, k: int, actor: str) -> Made:
    """Write the snapshot of ``incident`` for ``partner`` to ``path`` and record it in the ledger.

    Raises ``UsageError`` when the file exists, ``StoreError`` when nothing is published or it cannot be written.
    """
    if path.exists():
        raise UsageError(f"{path}: exists already; choose another name with --out")
    tables, told = _tables(data, incident, k)
    told |= {"incident": incident, "partner": partner, "made_at": datetime.now(UTC)}
    tables.append((SNAPSHOT, list(SNAPSHOT.columns), SNAPSHOT.from_rows([told])))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_database(path, tables)
    summary = {"partner": partner, "file": path.name, "sha256": sha256_of(path), "k": k}
    Exports(data.ledger).record(incident, summary, actor=actor)
    return Made(path, {table.name: rows.num_rows for table, _, rows in tables}, told)


Shared = tuple[t.Table, list[t.Column], pa.Table]


def _tables(data: DataDir, incident: str, k: int) -> tuple[list[Shared], dict[str, Any]]:
    connection = connect_published(data.published(incident))
    try:
        platforms = _column(connection.execute("select distinct platform from posts").fetchall())
        counted = connection.execute("select claim_id, author_count from claims").fetchall()
        posts = connection.execute("select count(*) from posts").fetchall()[0][0]
        values = {"k": k}
        spread = connection.sql(statement("snapshot/claim_spread"), params=values).to_arrow_table()
        read = {table: _read(connection, table) for table in (*OF_CLAIMS, *OTHERS)}
    except duckdb.Error as error:
        raise StoreError(f"{incident}: the snapshot could not be made ({error})") from error
    finally:
        connection.close()
    kept = {claim for claim, authors in counted if (authors or 0) >= k}
    mask, suppressed, made = Mask(platforms), 0, list[Shared]()
    for table, rows in read.items():
        told = _of_kept(rows, kept) if table in OF_CLAIMS else rows
        told, few = _few_left_out(told, k) if table is t.RANKED_CLAIMS else (told, 0)
        suppressed += few
        made.append((table, shared_columns(table), _masked(_to_the_hour(table, told), mask)))
    made.append((CLAIM_SPREAD, list(CLAIM_SPREAD.columns), CLAIM_SPREAD.conform(spread)))
    in_spread = pc.sum(spread.column("posts")).as_py() or 0
    counts = {"claims_left_out": len(counted) - len(kept), "posts_left_out": posts - in_spread}
    return made, {"k": k, "counts_left_out": suppressed, "hidden": mask.found, **counts}


def _column(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    return [str(row[0]) for row in rows]


def _read(connection: duckdb.DuckDBPyConnection, table: t.Table) -> pa.Table:
    """The columns of a table that may be shared. Names come from ``pipeline.tables``, never from a person."""
    columns = shared_columns(table)
    names = ", ".join(column.name for column in columns)
    rows = connection.sql(f"select {names} from {table.name}").to_arrow_table()  # noqa: S608
    return rows.cast(pa.schema([(column.name, column.type) for column in columns]))


def _of_kept(rows: pa.Table, kept: set[str]) -> pa.Table:
    known = pa.array(sorted(kept), pa.string())
    for name in _CLAIM_COLUMNS:
        if name in rows.column_names:
            rows = rows.filter(pc.is_in(rows.column(name), value_set=known))
    return rows


def _few_left_out(rows: pa.Table, k: int) -> tuple[pa.Table, int]:
    """``rows`` without numbers that rest on 1 to k - 1 authors, and how many those were."""
    told, total = rows.to_pylist(), 0
    for row in told:
        few = [name for name in AUTHOR_COUNTS & row.keys() if is_few(row[name], k)]
        gone = {*few, *(other for name in few for other in _RESTS_ON.get(name, ()))}
        total += len(gone)
        row.update(dict.fromkeys(gone))
    return pa.Table.from_pylist(told, schema=rows.schema), total


def _to_the_hour(table: t.Table, rows: pa.Table) -> pa.Table:
    """Claims begin and end with one person's post: the hour is told, not the microsecond."""
    if table is t.CLAIMS:
        for name in _TO_THE_HOUR:
            place = rows.schema.get_field_index(name)
            rows = rows.set_column(place, name, pc.floor_temporal(rows.column(name), unit="hour"))
    return rows


def _masked(rows: pa.Table, mask: Mask) -> pa.Table:
    """Texts with personal data hidden; ids and hashes stay."""
    for place, field in enumerate(rows.schema):
        is_text = field.type in (pa.string(), t.STRINGS)
        if is_text and not field.name.endswith(_KEYS):
            values = [mask(value) for value in rows.column(place).to_pylist()]
            rows = rows.set_column(place, field, pa.array(values, field.type))
    return rows
