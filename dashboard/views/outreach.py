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
        with st.expander(desk.words("outreach.add"), key="add_outreach"):
            _form(desk)
    critics = sum(one.stance == "critical" for one in found)
    told = desk.words("outreach.count", n=len(found), critics=critics)
    show("small", text=told if found else desk.words("outreach.none"))
    if found and desk.may(Act.EXPORT):
        _file(desk)
    for one in found[:MOST]:
        _entry(desk, one)


def _file(desk: Desk) -> None:
    st.download_button(
        desk.words("outreach.file"),
        data=lambda: coordinate.outreach_file(desk),
        file_name=f"{desk.name}-outreach.csv",
        mime="text/csv",
        key="outreach_file",
        type="tertiary",
        on_click="ignore",
    )


def _form(desk: Desk, was: Contacted | None = None) -> None:
    """One more entry, or an entry of one's own in other words."""
    name = f"met_{was.event_id}" if was else "met"
    words, today, mark = desk.words, datetime.now(desk.zone).date(), turn(name)
    with st.form(mark, border=False, enter_to_submit=False):
        whom = st.text_input(
            words("outreach.whom"), was.whom if was else "", max_chars=MAX_NAME_CHARS, key=f"{mark}_whom"
        )
        with st.container(horizontal=True, gap="small"):
            on = st.date_input(words("outreach.on"), was.on if was else today, key=f"{mark}_on", width=200)
            stance = st.selectbox(
                words("outreach.stance"),
                STANCES,
                index=STANCES.index(was.stance if was else "unknown"),
                format_func=lambda value: words.of("stance", value),
                key=f"{mark}_stance",
                width=240,
            )
        about = st.text_area(
            words("outreach.about"),
            was.about if was else "",
            max_chars=MAX_TEXT_CHARS,
            height=68,
            key=f"{mark}_about",
        )
        outcome = st.text_area(
            words("outreach.outcome"),
            was.outcome if was else "",
            placeholder=words("outreach.outcome_hint"),
            max_chars=MAX_TEXT_CHARS,
            height=68,
            key=f"{mark}_outcome",
        )
        pressed = st.form_submit_button(words("outreach.keep"), type="primary")
    if pressed and not (whom.strip() and outcome.strip()):
        show("notice", kind="bad", title="", text=words("outreach.needed"), hint="")
    elif pressed:
        told = (whom, on or today, stance or "unknown", about, outcome)
        if was:
            tried(desk, lambda: coordinate.correct_met(desk, was, *told), words("outreach.corrected"), name)
        tried(desk, lambda: coordinate.met(desk, *told), words("outreach.kept"), name)


def _entry(desk: Desk, one: Contacted) -> None:
    own = one.actor == desk.actor and desk.may(Act.PROTOCOL)
    with st.container(key=f"entry_{one.event_id}", horizontal=True, vertical_alignment="top", gap="small"):
        show("met", words=desk.words, clock=desk.now(), one=one, by=desk.name_of(one.actor))
        if own:
            label = desk.words("notes.take_back")
            if st.button(label, key=f"unmet_{one.event_id}", type="tertiary"):
                tried(desk, lambda: coordinate.unmet(desk, one.event_id), desk.words("outreach.taken_back"))
    if own:
        with st.expander(desk.words("outreach.correct"), key=f"correct_{one.event_id}"):
            _form(desk, one)
    if one.corrects:
        _earlier(desk, one)


def _earlier(desk: Desk, one: Contacted) -> None:
    """How a corrected entry read before."""
    was = Outreach(desk.data.ledger, read_only=True).earlier(desk.name, one)
    with st.expander(desk.words("outreach.earlier", n=len(was)), key=f"earlier_{one.event_id}"):
        for wording in was:
            show("met", words=desk.words, clock=desk.now(), one=wording, by=desk.name_of(wording.actor))
