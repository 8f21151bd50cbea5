"""Progress of long work: a bar with rate in a terminal, silence elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Tick = Callable[[int, int], None]
"""Called with (done, total); total 0 means unknown."""

console = Console(stderr=True)


class _Rate(ProgressColumn):
    """Items per second."""

    def render(self, task: Task) -> Text:
        """The rate as text, empty until it is known."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="cyan")


@contextlib.contextmanager
def bar(what: str, unit: str = "") -> Iterator[Tick]:
    """Show ``what`` as a bar while the block runs; does nothing when standard error is not a terminal."""
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit), _Rate())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
