"""Whether the worker is alive, and how its last turns for the open incident went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboard.desk import Desk
from dashboard.render import show
from pipeline.worker import WorkerBook, worker_file

LATE = timedelta(minutes=2)
MOST_TURNS = 15


def worker(desk: Desk) -> None:
    """The panel; a desk without a worker is told how to start one."""
    book = WorkerBook(worker_file(desk.data), read_only=True)
    beat, standing = book.beat(), book.schedules().get(desk.name)
    show(
        "worker",
        words=desk.words,
        clock=desk.now(),
        beat=beat,
        late=beat is not None and datetime.now(UTC) - beat.beat_at > LATE,
        paused=desk.name_of(standing.paused_by) if standing and standing.paused_by else "",
        turns=book.turns(desk.name, MOST_TURNS),
    )
