"""An act that may be refused: what the ledger says then stands on the page that runs next."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.told import tell
from pipeline.errors import StaleVersion, StoreError, UsageError

_SLIP, _TURN = "slip", "turn_of_"


def turn(form: str) -> str:
    """The key of a form that is emptied after it was carried out, and keeps what is typed until then."""
    return f"{form}_{st.session_state.get(f'{_TURN}{form}', 0)}"


def tried(desk: Desk, act: Callable[[], object], done: str = "", form: str = "") -> None:
    """Do it and draw the page again; ``done`` is said when it went well, the refusal when it did not.

    ``form`` is emptied when it went well.
    """
    try:
        act()
    except StaleVersion:
        st.session_state[_SLIP] = desk.words("protocol.faster")
    except (StoreError, UsageError) as error:
        st.session_state[_SLIP] = str(error)
    else:
        st.session_state[f"{_TURN}{form}"] = st.session_state.get(f"{_TURN}{form}", 0) + 1
        if done:
            tell(done)
    st.rerun()


def show_slip() -> None:
    """What was refused, once."""
    with st.container(key="slip"):  # always there, so that the rest keeps its place
        if text := st.session_state.pop(_SLIP, ""):
            show("notice", kind="bad", title="", text=str(text), hint="")
