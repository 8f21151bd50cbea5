"""What the machine did: runs and their stages live from the registry, crawls as of the last publish."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from dashboard import queries
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.times import Clock
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.retention import retention
from dashboard.widgets.worker import worker
from pipeline.runs import Run, RunRegistry

MOST_RUNS = 50


def page(desk: Desk) -> None:
    """Last good publish, abandoned runs, runs, stages of one run, crawls."""
    if desk.incident is None:
        nothing_published(desk)
        return
    clock = desk.now()
    runs = _runs(desk)
    _last(desk, clock)
    killed = [run for run in runs if state_of(run) == "abandoned"]
    if killed:
        told = desk.words("health.abandoned_one", runs=", ".join(run.run_id for run in killed))
        show("notice", kind="warn", title="", text=told, hint="")
    worker(desk)
    retention(desk)
    st.page_link(desk.pages["alerts"], label=desk.words("alerts.open"), query_params=desk.address())
    st.page_link(desk.pages["moment"], label=desk.words("moment.open"), query_params=desk.address())
    show("runs", words=desk.words, clock=clock, runs=[(run, state_of(run)) for run in runs])
    if runs:
        _stages(desk, clock, runs)
    if desk.file:
        show("crawls", words=desk.words, clock=clock, crawls=queries.crawls(desk.file))


def _runs(desk: Desk) -> list[Run]:
    """Newest first. A registry that does not exist yet is not made by looking."""
    if not desk.data.runs.exists():
        return []
    return RunRegistry(desk.data.runs).runs(desk.name)[::-1][:MOST_RUNS]


def state_of(run: Run) -> str:
    """The run's status; ``abandoned`` when it says running but its process is gone."""
    return "abandoned" if run.status == "running" and not _alive(run.pid) else run.status


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _last(desk: Desk, clock: Clock) -> None:
    """When the file that everybody reads was made; it stays when a run fails."""
    if desk.file is None:
        show("heading", text=desk.words("health.title"), note=desk.words("health.never"))
        return
    made = datetime.fromtimestamp(Path(desk.file).stat().st_mtime, UTC)
    name = Path(desk.file).name
    note = f"{desk.words('health.last')}: {clock.absolute(made)} · {clock.age(made)} · {name}"
    show("heading", text=desk.words("health.title"), note=note)


def _stages(desk: Desk, clock: Clock, runs: list[Run]) -> None:
    by_id = {run.run_id: run for run in runs}
    with st.container(key="pick_run"):
        picked = st.selectbox(
            desk.words("health.pick"),
            list(by_id),
            format_func=lambda run_id: f"{clock.absolute(by_id[run_id].started_at)} · {run_id.partition('-')[0]}",
            width=420,
        )
    show("stages", words=desk.words, clock=clock, run=by_id[picked])
