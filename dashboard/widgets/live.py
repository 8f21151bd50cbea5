"""What others do shows here within seconds, without a reload and without losing what is half typed."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import queries
from dashboard.desk import Desk
from dashboard.presence import PRESENCE, Here
from dashboard.signin import UNATTENDED, still_here

EVERY_SECONDS = 3
_ON = "on_claim"

State = tuple[str | None, int, tuple[tuple[str, str, int], ...]]


def _state(desk: Desk, claim_id: str) -> State:
    """What the page depends on: the published file, the last decision, and who is where (on a claim: for how long)."""
    file = queries.published_file(desk.data, desk.name)
    others = PRESENCE.on(desk.name, but=desk.actor)
    shown = {claim_id: others.get(claim_id, ())} if claim_id else others
    there = tuple(
        (claim, here.actor, here.minutes if claim_id else 0)
        for claim, people in sorted(shown.items())
        for here in people
    )
    return file, desk.ledger().state(desk.name), there


def others_on(desk: Desk) -> dict[str, tuple[Here, ...]]:
    """Who else looks at which claim of this incident now."""
    return PRESENCE.on(desk.name, but=desk.actor)


def on_claim(claim_id: str) -> None:
    """This page is about one claim: others see that this person is on it."""
    st.session_state[_ON] = claim_id


def watch(desk: Desk) -> None:
    """Rerun the page when a decision, a colleague or a new publishing arrives. Half-filled forms stay as they are."""
    claim_id = st.session_state.pop(_ON, "")
    if desk.incident is None:
        return
    _mark(desk, claim_id)
    seen = _state(desk, claim_id)

    @st.fragment(run_every=EVERY_SECONDS)
    def look() -> None:
        _mark(desk, claim_id)
        if not still_here(desk.data, desk.person) or _state(desk, claim_id) != seen:
            st.session_state[UNATTENDED] = True
            st.rerun()

    look()


def _mark(desk: Desk, claim_id: str) -> None:
    context = get_script_run_ctx()
    if context:
        PRESENCE.mark(context.session_id, desk.name, claim_id, desk.actor)
