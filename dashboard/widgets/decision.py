"""The decision form: quick moves, the full form, and both versions side by side when somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from dashboard.decide import Stale, standing, submit, taken
from dashboard.desk import MAX_ACTOR_CHARS, Desk
from dashboard.render import show
from dashboard.words import Words
from pipeline.ledger import MAX_NOTE_CHARS
from pipeline.records import Rating, Status, Triage

PINNED, STALE = "pinned", "stale"


def actions(desk: Desk, file: str, claim_id: str) -> None:
    """Where the claim stands, and the moves of one key: shown right below its text, also on a phone."""
    now = standing(desk, claim_id)
    with st.container(key="actions", horizontal=True, vertical_alignment="center", gap="small"):
        _quick(desk, file, _pinned(now))
        show("standing", words=desk.words, clock=desk.now(), stands=now)
    if not desk.actor:
        show("small", text=desk.words("you.needed"))


def decision(desk: Desk, file: str, claim_id: str) -> None:
    """The form to change where the claim stands."""
    now = standing(desk, claim_id)
    seen = _pinned(now)
    show("section", title=desk.words("claim.decision"))
    stale = st.session_state.get(STALE)
    if isinstance(stale, Stale) and stale.mine.claim_id == claim_id:
        _both(desk, file, Stale(stale.mine, now))
        return
    if now.version != seen.version:
        told = desk.words("decide.changed", actor=now.updated_by or "", when=desk.now().age(now.updated_at))
        show("notice", kind="warn", title="", text=told, hint="")
    _form(desk, file, seen)


def _pinned(now: Triage) -> Triage:
    """The version that this person began to edit: it stays until they save or give up."""
    held = st.session_state.get(PINNED)
    if isinstance(held, Triage) and (held.incident, held.claim_id) == (now.incident, now.claim_id):
        return held
    st.session_state.pop(STALE, None)
    st.session_state[PINNED] = now
    return now


def _save(desk: Desk, file: str, wanted: Triage) -> None:
    result = submit(desk, file, wanted)
    if isinstance(result, Stale):
        st.session_state[STALE] = result
    else:
        _settled()
        st.toast(desk.words("decide.saved"))
    st.rerun()


def _settled() -> None:
    st.session_state.pop(PINNED, None)
    st.session_state.pop(STALE, None)


def _quick(desk: Desk, file: str, seen: Triage) -> None:
    """One-key moves. Keys work wherever no text field has the focus."""
    words = desk.words
    moves: tuple[tuple[str, str, Callable[[], Triage]], ...] = (
        ("take", "T", lambda: taken(seen, desk.actor)),
        ("watch", "W", lambda: replace(seen, status=Status.WATCHING)),
        ("not_ours", "X", lambda: replace(seen, status=Status.NOT_OURS)),
    )
    for name, key, wanted in moves:
        label = words(f"decide.{name}")
        if st.button(label, shortcut=key, key=f"quick_{name}", disabled=not desk.actor):
            _save(desk, file, wanted())


def _form(desk: Desk, file: str, seen: Triage) -> None:
    words = desk.words
    mark = f"{seen.claim_id}_{seen.version}"
    with st.form(f"decision_{mark}", border=False, enter_to_submit=False):
        status, rating = _codes(words, seen, mark)
        assignee = st.text_input(
            words("decide.assignee"),
            value=seen.assignee or "",
            max_chars=MAX_ACTOR_CHARS,
            placeholder=words("decide.assignee_hint"),
            key=f"assignee_{mark}",
        )
        hint = words("decide.note_hint")
        note = st.text_area(
            words("decide.note"), value=seen.note, placeholder=hint, height=110, key=f"note_{mark}"
        )
        saved = st.form_submit_button(words("decide.save"), type="primary", disabled=not desk.actor)
    if not saved:
        return
    if len(note) > MAX_NOTE_CHARS:
        told = words("decide.too_long", n=f"{MAX_NOTE_CHARS:,}")
        show("notice", kind="bad", title="", text=told, hint="")
        return
    wanted = replace(seen, status=status, rating=rating, assignee=assignee.strip() or None, note=note)
    _save(desk, file, wanted)


def _codes(words: Words, seen: Triage, mark: str) -> tuple[Status, Rating | None]:
    """Status and rating side by side."""
    ratings = ["", *(str(rating) for rating in Rating)]
    with st.container(horizontal=True, gap="small"):
        status = st.selectbox(
            words("decide.status"),
            list(Status),
            index=list(Status).index(seen.status),
            format_func=lambda value: words.of("status", value.value),
            key=f"status_{mark}",
        )
        rating = st.selectbox(
            words("decide.rating"),
            ratings,
            index=ratings.index(seen.rating or ""),
            format_func=lambda value: words.of("rating", value or "unrated"),
            key=f"rating_{mark}",
        )
    return status or seen.status, Rating(rating) if rating else None


def _both(desk: Desk, file: str, stale: Stale) -> None:
    """Mine and theirs, and the two ways on. Nothing is lost until the person chooses."""
    words = desk.words
    show("both", words=words, clock=desk.now(), mine=stale.mine, theirs=stale.theirs)
    with st.container(horizontal=True, gap="small"):
        if st.button(words("decide.keep_mine"), type="primary", key="keep_mine", disabled=not desk.actor):
            _save(desk, file, replace(stale.mine, version=stale.theirs.version))
        if st.button(words("decide.keep_theirs"), key="keep_theirs"):
            _settled()
            st.rerun()
