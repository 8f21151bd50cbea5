"""Personal data in a post: hidden until somebody who may asks to see it, and the ledger says that they did."""

from __future__ import annotations

import streamlit as st

from dashboard.desk import Desk
from dashboard.words import Words
from pipeline.ledger.reveals import Reveals
from pipeline.mask import hide, personal
from pipeline.people import Act

SHOWN = "revealed_posts"


def is_revealed(desk: Desk, post_id: str) -> bool:
    """Whether this person asked for this post in this session, and still may."""
    return desk.may(Act.REVEAL) and post_id in st.session_state.get(SHOWN, set())


def without_personal(words: Words, text: str) -> str:
    """``text`` for widgets that show plain text, with personal data replaced by what kind it is."""
    return hide(text, lambda kind: f"[{words('mask.hidden', kind=words.of('mask', kind.value))}]")[0]


def reveal(desk: Desk, claim_id: str, post_id: str, text: str) -> None:
    """The button below a post that has something hidden; nothing below the others."""
    if is_revealed(desk, post_id) or not desk.may(Act.REVEAL) or not personal(text):
        return
    words = desk.words
    label, hint = words("mask.reveal"), words("mask.reveal_hint")
    if st.button(label, key=f"reveal_{post_id}", help=hint, type="tertiary"):
        desk.require(Act.REVEAL)
        Reveals(desk.data.ledger).record(desk.name, claim_id, post_id, actor=desk.actor)
        st.session_state[SHOWN] = {*st.session_state.get(SHOWN, set()), post_id}
        st.rerun()
