"""The form of a suggested pair: a reason, and two answers."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.desk import Desk
from pipeline.people import Act


def yes_no(
    desk: Desk, key: str, act: Act, family: str, most: int, beside: Callable[[], None] | None = None
) -> tuple[bool | None, str]:
    """Return (confirmed, rejected or not answered yet as None; the reason).

    ``family`` names the words of the two buttons, ``most`` bounds the reason, ``beside`` draws what follows them.
    """
    words, may = desk.words, desk.may(act)
    form = st.form(key, border=False, enter_to_submit=False)
    with form, st.container(horizontal=True, vertical_alignment="center", gap="small"):
        label = words("match.reason")
        reason = st.text_input(
            label, max_chars=most, placeholder=label, label_visibility="collapsed", width=260
        )
        yes = st.form_submit_button(words(f"{family}.confirm"), disabled=not may)
        no = st.form_submit_button(words(f"{family}.reject"), disabled=not may)
        if beside:
            beside()
    return (True if yes else False if no else None), reason
