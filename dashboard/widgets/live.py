"""What others do shows here within seconds, without a reload and without losing what is half typed."""

from __future__ import annotations

import streamlit as st

from dashboard import queries
from dashboard.desk import Desk
from dashboard.signin import UNATTENDED, still_here

EVERY_SECONDS = 3


def _state(desk: Desk) -> tuple[str | None, int]:
    """What the page depends on: the published file and the number of the last decision."""
    file = queries.published_file(desk.data, desk.name)
    return file, desk.ledger().state(desk.name)


def watch(desk: Desk) -> None:
    """Rerun the page when a decision or a new publishing arrives. Half-filled forms stay in the browser."""
    if desk.incident is None:
        return
    seen = _state(desk)

    @st.fragment(run_every=EVERY_SECONDS)
    def look() -> None:
        if not still_here(desk.data, desk.person) or _state(desk) != seen:
            st.session_state[UNATTENDED] = True
            st.rerun()

    look()
