"""One line about what the last move did, shown once by the page that runs next."""

from __future__ import annotations

import streamlit as st

from dashboard.render import show

_TOLD = "told"


def tell(text: str) -> None:
    """Say this when the page runs next."""
    st.session_state[_TOLD] = text


def show_told() -> None:
    """Show what is to be said, and forget it."""
    with st.container(
        key="told"
    ):  # always there: what comes and goes would make the browser build the rest anew
        if text := st.session_state.pop(_TOLD, ""):
            show("told", text=text)
