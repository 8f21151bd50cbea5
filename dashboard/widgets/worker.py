"""Whether the worker is alive, and how its last turns for the open incident went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import show_slip, tried
from pipeline.people import Act
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
    if desk.incident and desk.incident.closed_at is None:
        _pausing(desk, paused=bool(standing and standing.paused_by))


def _pausing(desk: Desk, *, paused: bool) -> None:
    """Stop making turns for the open incident, or go on; it stands in the worker's file, whoever starts anew."""
    show_slip(desk)
    label = desk.words("worker.resume") if paused else desk.words("worker.pause")
    if st.button(label, key="resume" if paused else "pause", disabled=not desk.may(Act.OPEN_INCIDENT)):
        tried(desk, lambda: pause(desk, on=not paused))


def pause(desk: Desk, *, on: bool) -> None:
    """Pause the open incident, or let it go on."""
    desk.require(Act.OPEN_INCIDENT)
    WorkerBook(worker_file(desk.data)).pause(desk.name, desk.actor, datetime.now(UTC), on=on)
