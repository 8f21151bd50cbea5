"""Saved questions: ``sql/questions/*.sql``, each with a sentence and its parameters' defaults on top.

A line ``-- $most = 20: how many claims`` names a parameter, its default and its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from pipeline.duck import connect_apart
from pipeline.errors import StoreError, UnknownName, UsageError
from pipeline.incident import find_incident
from pipeline.paths import DataDir
from pipeline.statements import statement, statement_names
from pipeline.tables import PUBLISHED

_PARAMETER = re.compile(r"(?m)^-- \$(\w+) = (.*?): .+$")


@dataclass(frozen=True, slots=True)
class Question:
    """One saved question."""

    name: str
    summary: str
    text: str
    defaults: Mapping[str, object]


def questions() -> list[Question]:
    """Every saved question, by name."""
    return [question(name) for name in statement_names("questions")]


def question(name: str) -> Question:
    """The saved question called ``name``."""
    known = statement_names("questions")
    if name not in known:
        raise UnknownName(f"no saved question {name!r}; there are: {', '.join(known)}")
    text = statement(f"questions/{name}")
    defaults = {found[1]: _value(found[2]) for found in _PARAMETER.finditer(text)}
    return Question(name, text.splitlines()[0].removeprefix("-- "), text, defaults)


def _value(text: str) -> object:
    return None if text == "null" else int(text) if text.lstrip("-").isdigit() else text


def _refuse_writing(text: str) -> None:
    """Let one select pass and nothing else: even a read-only DuckDB can copy tables into files."""
    try:
        statements = duckdb.extract_statements(text)
    except duckdb.Error as error:
        raise UsageError(f"the query cannot be read: {error}") from error
    if [s.type for s in statements] != [duckdb.StatementType.SELECT]:
        raise UsageError("give one select, describe, show or summarize; the warehouse is read-only")


def ask(
    data: DataDir, incident: str, text: str, values: Mapping[str, object], as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """Run one query on the incident's published warehouse (or the replay of ``as_of``) and return its rows.

    Beside the warehouse, only the files of this data folder can be read, and none written.
    """
    find_incident(data, incident)
    _refuse_writing(text)
    connection = connect_apart(data.published(incident, as_of))
    try:
        folders = [str(data.lake(incident)), str(data.raw(incident))]
        connection.execute("set allowed_directories = $folders", {"folders": folders})
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        found = connection.execute(text, dict(values))
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    except duckdb.CatalogException as error:
        raise _earlier(connection, incident) or UsageError(f"the query failed: {error}") from error
    except duckdb.Error as error:
        raise UsageError(f"the query failed: {error}") from error
    finally:
        connection.close()


def _earlier(connection: duckdb.DuckDBPyConnection, incident: str) -> StoreError | None:
    """An earlier version's warehouse lacks tables that this version asks for; None when none is missing."""
    there = {str(name) for (name,) in connection.execute("show tables").fetchall()}
    lacking = ", ".join(sorted({table.name for table in PUBLISHED} - there))
    said = f"{incident} was published by an earlier version, without {lacking}"
    return StoreError(f"{said}; publish it again: chengqing publish {incident}") if lacking else None
