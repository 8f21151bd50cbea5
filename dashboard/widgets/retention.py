"""What the schedule will delete, as a dry run; and that nothing is deleted by itself until somebody decides so."""

from __future__ import annotations

import streamlit as st

from dashboard.desk import Desk
from dashboard.render import show
from pipeline.paths import DataDir
from pipeline.retention.certificate import certificates
from pipeline.retention.schedule import load_retention, upcoming

MOST_CERTIFICATES = 10
_SECONDS = 60


def retention(desk: Desk) -> None:
    """The panel of the health page."""
    found = load_retention(desk.data)
    coming = upcoming(desk.data, found, desk.incidents) if found else []
    show(
        "retention",
        words=desk.words,
        clock=desk.now(),
        days=found.closed_days if found else None,
        coming=[(one, one.plan.counts[one.incident]) for one in coming],
        made=_made(desk.data)[::-1][:MOST_CERTIFICATES],
    )


@st.cache_data(max_entries=4, ttl=_SECONDS, show_spinner=False)
def _made(_data: DataDir, root: str = "") -> list[dict[str, object]]:
    return certificates(_data)
