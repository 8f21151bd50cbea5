"""Whom the coalition met or briefed in an incident, critics too, and what came of it."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from dashboard import coordinate
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.rooms import head
from dashboard.widgets.slips import tried, turn
from pipeline.ledger.outreach import MAX_NAME_CHARS, MAX_TEXT_CHARS, STANCES, Contacted, Outreach
from pipeline.people import Act

MOST = 200


def page(desk: Desk) -> None:
    """A form for one more, then the latest first."""
    if not head(desk, "outreach"):
        return
    found = Outreach(desk.data.ledger, read_only=True).all(desk.name)[::-1]
    if desk.may(Act.PROTOCOL):
        _form(desk)
    critics = sum(one.stance == "critical" for one in found)
    told = desk.words("outreach.count", n=len(found), critics=critics)
    show("small", text=told if found else desk.words("outreach.none"))
    for one in found[:MOST]:
        _entry(desk, one)


def _form(desk: Desk) -> None:
    words, today, mark = desk.words, datetime.now(desk.zone).date(), turn("met")
    with (
        st.expander(words("outreach.add"), key="add_outreach"),
        st.form(mark, border=False, enter_to_submit=False),
    ):
        whom = st.text_input(words("outreach.whom"), max_chars=MAX_NAME_CHARS, key=f"{mark}_whom")
        with st.container(horizontal=True, gap="small"):
            on = st.date_input(words("outreach.on"), today, max_value=today, key=f"{mark}_on", width=200)
            stance = st.selectbox(
                words("outreach.stance"),
                STANCES,
                index=STANCES.index("unknown"),
                format_func=lambda value: words.of("stance", value),
                key=f"{mark}_stance",
                width=240,
            )
        about = st.text_area(
            words("outreach.about"), max_chars=MAX_TEXT_CHARS, height=68, key=f"{mark}_about"
        )
        outcome = st.text_area(
            words("outreach.outcome"),
            placeholder=words("outreach.outcome_hint"),
            max_chars=MAX_TEXT_CHARS,
            height=68,
            key=f"{mark}_outcome",
        )
        pressed = st.form_submit_button(words("outreach.keep"), type="primary")
    if pressed and not (whom.strip() and outcome.strip()):
        show("notice", kind="bad", title="", text=words("outreach.needed"), hint="")
    elif pressed:
        tried(
            desk,
            lambda: coordinate.met(desk, whom, on, stance, about, outcome),
            words("outreach.kept"),
            "met",
        )


def _entry(desk: Desk, one: Contacted) -> None:
    with st.container(key=f"entry_{one.event_id}", horizontal=True, vertical_alignment="top", gap="small"):
        show("met", words=desk.words, clock=desk.now(), one=one, by=desk.name_of(one.actor))
        if one.actor == desk.actor and desk.may(Act.PROTOCOL):
            label = desk.words("notes.take_back")
            if st.button(label, key=f"unmet_{one.event_id}", type="tertiary"):
                tried(desk, lambda: coordinate.unmet(desk, one.event_id), desk.words("outreach.taken_back"))
