"""The rapid-response protocol of an incident: what is to be done by whom and when, and who has the watch."""

from __future__ import annotations

import streamlit as st

from dashboard import coordinate
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.rooms import head
from dashboard.widgets.slips import tried
from dashboard.widgets.tasks import tasks
from dashboard.widgets.watches import watches
from pipeline.people import Act
from pipeline.protocol.contacts import directory
from pipeline.protocol.directory import on_call


def page(desk: Desk) -> None:
    """The checklist; beside it the watch and the order on call."""
    told = coordinate.standing(desk)
    if not head(desk, "protocol") or told is None:
        return
    with st.container(key="claim"):  # two columns that become one on a phone
        main, side = st.columns([7, 4], gap="large")
    with main:
        if told.items:
            tasks(desk, told)
        else:
            _none(desk)
    with side:
        watches(desk, told)
        first = on_call(directory(desk.data))
        show("on_call", words=desk.words, first=first, reach=desk.may(Act.PROTOCOL))


def _none(desk: Desk) -> None:
    """An incident from before there was a protocol."""
    words = desk.words
    show("small", text=words("protocol.no_checklist"))
    if st.button(words("protocol.make"), key="make_checklist", disabled=not desk.may(Act.PROTOCOL)):
        tried(desk, lambda: coordinate.make_checklist(desk))
