"""An act that may be refused: what the ledger says then stands on the page that runs next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from dashboard.desk import Desk
from dashboard.refusals import Refusal, refusal, show_refusal
from dashboard.widgets.told import tell
from pipeline.errors import ChengqingError

_SLIP, _TURN = "slip", "turn_of_"
T = TypeVar("T")


def turn(form: str) -> str:
    """The key of a form that is emptied after it was carried out, and keeps what is typed until then."""
    return f"{form}_{st.session_state.get(f'{_TURN}{form}', 0)}"


def tried(desk: Desk, act: Callable[[], object], done: str = "", form: str = "") -> None:
    """Do it and draw the page again; ``done`` is said when it went well, the refusal when it did not.

    ``form`` is emptied when it went well.
    """
    try:
        act()
    except ChengqingError as error:
        slip(desk, error)
    else:
        st.session_state[f"{_TURN}{form}"] = st.session_state.get(f"{_TURN}{form}", 0) + 1
        if done:
            tell(done)
    st.rerun()


def attempt(desk: Desk, act: Callable[[], T], *, hint: str = "") -> T | None:
    """What ``act`` gives; ``None`` when it was refused, which the page that runs next says with ``hint``."""
    try:
        return act()
    except ChengqingError as error:
        slip(desk, error, hint=hint)
        return None


def slip(desk: Desk, error: ChengqingError, *, hint: str = "") -> None:
    """Keep a refusal for the page that runs next; ``hint`` is what to do about it."""
    st.session_state[_SLIP] = (refusal(error, desk.words, desk), hint)


def show_slip(desk: Desk) -> None:
    """What was refused, once."""
    with st.container(key="slip"):  # always there, so that the rest keeps its place
        refused, hint = st.session_state.pop(_SLIP, (None, ""))
        if isinstance(refused, Refusal):
            show_refusal(desk.words, refused, hint=hint)
