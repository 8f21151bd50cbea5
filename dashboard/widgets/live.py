"""What others do shows here within seconds, without a reload and without losing what is half typed.

A rerun of ten pages for each decision of one would eat the machine, so a page reruns at once for what it shows only: a
claim's page for its claim and those beside it, the list for its rows, either for a note that calls its reader. The
counts of the lanes look for themselves (``filters``). What else moved follows within ``SLOW_SECONDS``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import queries
from dashboard.desk import Desk
from dashboard.presence import PRESENCE, Here
from dashboard.signin import UNATTENDED, still_here
from pipeline.ledger.notes import Note, Notes, calling

EVERY_SECONDS = 2
"""Nobody sees later than this, and the time of one run, what somebody else did: three seconds are promised."""
SLOW_SECONDS = 15.0
_ON, _ROWS, _SHEET = "on_claim", "rows_shown", "sheet_open"

There = tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class State:
    """What the page depends on: the published file, the last decisions, and who is where."""

    file: str | None
    newest: int
    """The incident's newest event."""
    shown: int
    """The newest event about what the page shows; everything of the incident on pages of neither kind."""
    there: There
    calls: int = 0
    """How many notes call the reader."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a page shows: one claim, the rows of a list, or neither."""

    claim_id: str = ""
    claims: tuple[str, ...] = ()


def _state(desk: Desk, scope: Scope) -> State:
    ledger = desk.ledger()
    newest = ledger.state(desk.name)
    shown = ledger.newest_about(desk.name, scope.claims) if scope.claims else newest
    file = queries.published_file(desk.data, desk.name)
    return State(file, newest, shown, _there(desk, scope), len(calls_of(desk)))


def calls_of(desk: Desk) -> list[Note]:
    """Notes that call the reader, oldest first."""
    if not desk.actor:
        return []
    names = (desk.actor, desk.name_of(desk.actor))
    return _called(desk.data.ledger, desk.name, desk.ledger().mark(desk.name), names)


@st.cache_resource(max_entries=64, show_spinner=False)
def _called(path: Path, incident: str, mark: str, names: tuple[str, ...]) -> list[Note]:
    return calling(Notes(path, read_only=True).of(incident), names)


def _seen(desk: Desk, scope: Scope) -> State:
    """What this run has shown at least: what was decided while it ran may be missing, so it counts as news."""
    now = _state(desk, scope)
    return replace(now, file=desk.file, newest=min(now.newest, desk.began), shown=min(now.shown, desk.began))


def _there(desk: Desk, scope: Scope) -> There:
    """Who is where; on a claim's page for how long."""
    others = PRESENCE.on(desk.name, but=desk.actor)
    seen = (scope.claim_id,) if scope.claim_id else scope.claims or tuple(others)
    return tuple(
        (claim, here.actor, here.minutes if scope.claim_id else 0)
        for claim in sorted(seen)
        for here in others.get(claim, ())
    )


def others_on(desk: Desk) -> dict[str, tuple[Here, ...]]:
    """Who else looks at which claim of this incident now."""
    return PRESENCE.on(desk.name, but=desk.actor)


def on_claim(claim_id: str, beside: Sequence[str] = ()) -> None:
    """This page is about one claim: others see that this person is on it. ``beside`` it stand others."""
    st.session_state[_ON] = claim_id
    st.session_state[_ROWS] = (claim_id, *beside)


def on_list(claims: Sequence[str]) -> None:
    """This page shows these claims, and no decision on another one brings or takes a row."""
    st.session_state[_ROWS] = tuple(claims)


def sheet(title: str, show: Callable[..., None], *values: object, wide: bool = False) -> None:
    """Open a dialog on the page. News wait until it closes: a rerun would close it and lose what is typed in it."""
    st.session_state[_SHEET] = True
    st.dialog(title, width="large" if wide else "small", on_dismiss="rerun")(show)(*values)


def news(seen: State, now: State, seconds: float) -> bool:
    """Whether the page has to run again, this long after it ran."""
    if replace(seen, newest=now.newest) != now:
        return True
    return seen.newest != now.newest and seconds >= SLOW_SECONDS


def watch(desk: Desk) -> None:
    """Rerun the page when a decision, a colleague or a new publishing arrives. Half-filled forms stay as they are."""
    claim_id = st.session_state.pop(_ON, "")
    scope = Scope(claim_id, st.session_state.pop(_ROWS, ()))
    if desk.incident is None:
        return
    _mark(desk, claim_id)
    seen, begun, busy = _seen(desk, scope), time.monotonic(), st.session_state.pop(_SHEET, False)

    @st.fragment(run_every=EVERY_SECONDS)
    def look() -> None:
        _mark(desk, claim_id)
        gone = not still_here(desk.data, desk.person)
        if gone or (not busy and news(seen, _state(desk, scope), time.monotonic() - begun)):
            st.session_state[UNATTENDED] = True
            st.rerun()

    look()


def _mark(desk: Desk, claim_id: str) -> None:
    context = get_script_run_ctx()
    if context:
        PRESENCE.mark(context.session_id, desk.name, claim_id, desk.actor)
