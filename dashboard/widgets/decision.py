"""The decision form: where the claim stands, the full form, and both versions side by side when somebody was faster."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard.decide import Stale, standing, submit
from dashboard.desk import MAX_ACTOR_CHARS, Desk
from dashboard.ratings import rating_codes, rating_words
from dashboard.render import show
from pipeline.ledger import MAX_NOTE_CHARS
from pipeline.people import Act
from pipeline.records import Status, Triage

PINNED, STALE = "pinned", "stale"


def standing_line(desk: Desk, claim_id: str) -> None:
    """Where the claim stands now, in one line below its text, also on a phone."""
    now = standing(desk, claim_id)
    show(
        "standing",
        words=desk.words,
        clock=desk.now(),
        stands=now,
        called=desk.name_of,
        rating=rating_words(desk),
    )
    if not desk.may(Act.TRIAGE):
        show("small", text=desk.words("moves.reads_only" if desk.person else "you.needed"))


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
        actor = desk.name_of(now.updated_by or "")
        told = desk.words("decide.changed", actor=actor, when=desk.now().age(now.updated_at))
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


def forget() -> None:
    """Begin anew from where the claim stands: after a move of one's own there is nothing to compare with."""
    st.session_state.pop(PINNED, None)
    st.session_state.pop(STALE, None)


def _save(desk: Desk, file: str, wanted: Triage) -> None:
    result = submit(desk, file, wanted)
    if isinstance(result, Stale):
        st.session_state[STALE] = result
    else:
        forget()
        st.toast(desk.words("decide.saved"))
    st.rerun()


def _form(desk: Desk, file: str, seen: Triage) -> None:
    words = desk.words
    mark = f"{seen.claim_id}_{seen.version}"
    with st.form(f"decision_{mark}", border=False, enter_to_submit=False):
        status, rating = _codes(desk, seen, mark)
        assignee = _assignee(desk, seen, mark)
        hint = words("decide.note_hint")
        note = st.text_area(
            words("decide.note"), value=seen.note, placeholder=hint, height=110, key=f"note_{mark}"
        )
        saved = st.form_submit_button(words("decide.save"), type="primary", disabled=not desk.may(Act.TRIAGE))
    if not saved:
        return
    if len(note) > MAX_NOTE_CHARS:
        told = words("decide.too_long", n=f"{MAX_NOTE_CHARS:,}")
        show("notice", kind="bad", title="", text=told, hint="")
        return
    wanted = replace(seen, status=status, rating=rating, assignee=assignee or None, note=note)
    _save(desk, file, wanted)


def _assignee(desk: Desk, seen: Triage, mark: str) -> str:
    """Who has it: one of the accounts, or any name where somebody works alone. Empty for nobody."""
    words = desk.words
    if not desk.people:
        told = st.text_input(
            words("decide.assignee"),
            value=seen.assignee or "",
            max_chars=MAX_ACTOR_CHARS,
            placeholder=words("decide.assignee_hint"),
            key=f"assignee_{mark}",
        )
        return told.strip()
    known = list(dict.fromkeys(["", seen.assignee or "", *desk.people]))
    picked = st.selectbox(
        words("decide.assignee"),
        known,
        index=known.index(seen.assignee or ""),
        format_func=lambda actor: desk.name_of(actor) if actor else words("decide.nobody"),
        key=f"assignee_{mark}",
    )
    return picked or ""


def _codes(desk: Desk, seen: Triage, mark: str) -> tuple[Status, str | None]:
    """Status and rating side by side."""
    words, told = desk.words, rating_words(desk)
    ratings = list(dict.fromkeys(["", *rating_codes(desk), seen.rating or ""]))
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
            format_func=lambda code: told(code) if code else words("rating.unrated"),
            key=f"rating_{mark}",
        )
    return status or seen.status, rating or None


def _both(desk: Desk, file: str, stale: Stale) -> None:
    """Mine and theirs, and the two ways on. Nothing is lost until the person chooses."""
    words = desk.words
    show(
        "both",
        words=words,
        clock=desk.now(),
        mine=stale.mine,
        theirs=stale.theirs,
        called=desk.name_of,
        rating=rating_words(desk),
    )
    with st.container(horizontal=True, gap="small"):
        if st.button(
            words("decide.keep_mine"), type="primary", key="keep_mine", disabled=not desk.may(Act.TRIAGE)
        ):
            _save(desk, file, replace(stale.mine, version=stale.theirs.version))
        if st.button(words("decide.keep_theirs"), key="keep_theirs"):
            forget()
            st.rerun()
