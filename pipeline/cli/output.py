"""How results leave the command line: a table for people, JSON or CSV for machines."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.errors import UsageError
from pipeline.escape import for_csv, for_json, for_terminal

Row = dict[str, Any]
PIPED_WIDTH = 160
"""Columns of a table that goes into a file or another program."""
LEAST_CUT = 24
"""Terminal columns without which a cut text says nothing."""
GAP = 3
"""Terminal columns between two columns of a table."""

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """The ``--json`` switch that every command with a result has."""
    return click.option(
        "--json", "as_json", is_flag=True, help="One JSON object or list on standard output."
    )(command)


def show_json(value: object) -> None:
    """Print ``value`` as JSON; times as ISO 8601."""
    click.echo(for_json(json.dumps(value, ensure_ascii=False, indent=1, default=_plain)))


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def show_rows(
    rows: Sequence[Row],
    columns: Sequence[str] | None = None,
    title: str | None = None,
    *,
    cut: str | None = None,
) -> None:
    """Print rows as a table; text of strangers is made harmless first.

    The column named ``cut`` takes the width that is left and is cut to one line; the others keep theirs. Where the
    terminal leaves it less than ``LEAST_CUT``, columns before it are left out from the right, and named below.
    """
    console = Console() if sys.stdout.isatty() or "COLUMNS" in os.environ else Console(width=PIPED_WIDTH)
    wanted = list(columns or (rows[0] if rows else ()))
    names = _fitting(rows, wanted, cut, console.width) if cut else wanted
    table = Table(
        title=title, box=box.SIMPLE_HEAD, title_justify="left", header_style="bold", expand=bool(cut)
    )
    for name in names:
        numeric = any(isinstance(row.get(name), int | float) for row in rows)
        table.add_column(
            name.replace("_", " "),
            justify="right" if numeric else "left",
            overflow="ellipsis" if name == cut else "fold",
            no_wrap=bool(cut),
            ratio=1 if name == cut else None,
        )
    for row in rows:
        table.add_row(*(Text(cell(row.get(name))) for name in names))
    console.print(table if rows else Text("nothing to show", style="dim"))
    if left_out := [name.replace("_", " ") for name in wanted if name not in names]:
        console.print(Text(f"left out on this narrow terminal: {', '.join(left_out)}", style="dim"))


def _fitting(rows: Sequence[Row], names: Sequence[str], cut: str, width: int) -> list[str]:
    """The columns that leave ``cut`` its least width; the first two always stay."""
    taken = {
        name: GAP + max(cell_len(name), *(cell_len(cell(row.get(name))) for row in rows))
        for name in names
        if name != cut and rows
    }
    kept = list(names)
    while sum(taken.get(name, 0) for name in kept) + LEAST_CUT > width:
        others = [name for name in kept if name != cut][2:]
        if not others:
            break
        kept.remove(others[-1])
    return kept


_FORMS: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (type(None), lambda value: "–"),
    (bool, lambda value: "yes" if value else "no"),
    (float, lambda value: f"{value:,.3f}".rstrip("0").rstrip(".")),
    (int, lambda value: f"{value:,}"),
    (datetime, lambda value: f"{value:%Y-%m-%d %H:%M}Z"),
    ((list, tuple), lambda value: ", ".join(cell(part) for part in value)),
)


def cell(value: object) -> str:
    """One value as a person reads it; unknown is a dash."""
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(value)
    return for_terminal(str(value))


def show_csv(rows: Iterable[Row], columns: Sequence[str]) -> None:
    """Print rows as CSV; cells that a spreadsheet would run as a formula are disarmed."""
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_on_screen(for_csv(_flat(row.get(name)))) for name in columns])


def _on_screen(value: object) -> object:
    """A file gets the text as it is; a terminal must not be commanded by it."""
    return for_terminal(value) if isinstance(value, str) and sys.stdout.isatty() else value


def _flat(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    return value


def moment(text: str | None) -> datetime | None:
    """An ISO 8601 time with a zone, in UTC."""
    if text is None:
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is not a time: write it as 2026-01-31T08:00:00Z") from error
    if value.tzinfo is None:
        raise UsageError(f"{text!r} has no time zone: add Z or +08:00")
    return value.astimezone(UTC)
