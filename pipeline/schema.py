"""What a table is: a name, a grain, and columns with a sentence each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from pipeline.errors import StageError

UTC_TIME = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())


@dataclass(frozen=True, slots=True)
class Column:
    """One column: name, Arrow type and what it means."""

    name: str
    type: pa.DataType
    comment: str
    nullable: bool = True
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table: name, what one row is, who reads it, and its columns."""

    name: str
    grain: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema that every file of this table has."""
        return _schema(self.columns)

    def from_rows(self, rows: list[dict[str, object]]) -> pa.Table:
        """Build the table from dictionaries; a missing key is null."""
        return pa.Table.from_pylist(rows, schema=self.schema)

    def conform(self, table: pa.Table) -> pa.Table:
        """Return ``table`` with exactly these columns and types, or say which one does not fit."""
        missing = [c.name for c in self.columns if c.name not in table.column_names]
        if missing:
            raise StageError(f"table {self.name}: the stage did not make column {', '.join(missing)}")
        picked = table.select([c.name for c in self.columns])
        for column in self.columns:
            if not column.nullable and picked.column(column.name).null_count:
                raise StageError(f"table {self.name}: column {column.name} has nulls and may not")
        return picked.cast(self.schema)


@cache
def _schema(columns: tuple[Column, ...]) -> pa.Schema:
    return pa.schema([pa.field(c.name, c.type, c.nullable) for c in columns])


def key_column(name: str, comment: str, *, personal: bool = False) -> Column:
    """A text that is always there."""
    return Column(name, pa.string(), comment, nullable=False, personal=personal)


def text_column(name: str, comment: str, *, personal: bool = False) -> Column:
    """A text that may be unknown."""
    return Column(name, pa.string(), comment, personal=personal)


def count_column(name: str, comment: str) -> Column:
    """A whole number that may be unknown."""
    return Column(name, pa.int64(), comment)


def number_column(name: str, comment: str) -> Column:
    """A measured number that may be unknown."""
    return Column(name, pa.float64(), comment)


def time_column(name: str, comment: str) -> Column:
    """A moment in UTC that may be unknown."""
    return Column(name, UTC_TIME, comment)
