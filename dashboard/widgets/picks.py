"""Which claims of the list are selected.

The boxes are not the memory: keys pressed quickly reach the server before the browser has heard of the last tick,
and a box's old state would undo it. So the set is ours, and a box that a key changed becomes a new box.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

_PICKED, _TURNS = "picked", "pick_turns"


def _picked() -> set[str]:
    found: set[str] = st.session_state.setdefault(_PICKED, set())
    return found


def _turns() -> dict[str, int]:
    found: dict[str, int] = st.session_state.setdefault(_TURNS, {})
    return found


def selected(shown: Sequence[str]) -> tuple[str, ...]:
    """The selected claims among those shown: moves act on what one sees."""
    picked = _picked()
    return tuple(claim for claim in shown if claim in picked)


def toggle(claim_id: str) -> None:
    """Select a claim, or no longer."""
    _picked().symmetric_difference_update({claim_id})
    _turn([claim_id])


def unselect(claims: Iterable[str]) -> None:
    """These are done with."""
    gone = _picked().intersection(claims)
    _picked().difference_update(gone)
    _turn(gone)


def _turn(claims: Iterable[str]) -> None:
    for claim in claims:
        _turns()[claim] = _turns().get(claim, 0) + 1


def box(claim_id: str, label: str) -> None:
    """The box of one claim."""
    key = f"pick_{claim_id}_{_turns().get(claim_id, 0)}"
    st.checkbox(
        label,
        value=claim_id in _picked(),
        key=key,
        label_visibility="collapsed",
        on_change=_ticked,
        args=(claim_id, key),
    )


def _ticked(claim_id: str, key: str) -> None:
    if st.session_state.get(key):
        _picked().add(claim_id)
    else:
        _picked().discard(claim_id)
