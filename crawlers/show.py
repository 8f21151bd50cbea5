"""Posts on a terminal, as they would be stored; nothing in them can act on it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.escape import for_terminal


def print_posts(posts: list[dict[str, Any]]) -> None:
    """Show posts as they are stored, column by column; nothing in them can act on the terminal."""
    console = Console()
    for post in posts:
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="dim")
        table.add_column(overflow="fold")
        for column, value in post.items():
            if value not in (None, []):
                table.add_row(column, one_line(value))
        console.print(table, "")
    console.print(f"{len(posts)} {'post' if len(posts) == 1 else 'posts'} shown")


def one_line(value: object) -> Text:
    """Text without markup, with control characters by their code points: posts are written by strangers."""
    shown = for_terminal(str(value))
    return Text(shown if len(shown) <= 300 else shown[:300] + "…")
