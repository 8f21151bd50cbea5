"""Opening and closing incidents on the desk: a new one, one that was closed, one that is over."""

from __future__ import annotations

import streamlit as st

from dashboard import coordinate
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import show_slip, tried, turn
from dashboard.widgets.told import show_told
from pipeline.incident import Incident
from pipeline.opening import MAX_TITLE_CHARS, close_incident, new_incident, open_incident
from pipeline.people import Act

MAX_ID_CHARS = 64


def openings(desk: Desk) -> None:
    """The forms, for those who may; sources and queries are written into the file that this makes."""
    show_told()
    show_slip(desk)
    if not desk.may(Act.OPEN_INCIDENT):
        return
    words = desk.words
    with st.expander(words("openings.new"), key="new_incident"):
        _new(desk)
    if desk.incidents:
        with st.expander(words("openings.change"), key="change_incident"):
            _change(desk)


def _new(desk: Desk) -> None:
    words = desk.words
    partners = [partner.id for partner in desk.coalition.partners]
    mark = turn("new")
    with st.form(mark, border=False, enter_to_submit=False):
        name = st.text_input(
            words("openings.id"), max_chars=MAX_ID_CHARS, help=words("openings.id_hint"), key=f"{mark}_id"
        )
        titles = {
            language: st.text_input(
                f"{words('openings.incident_title')} · {words.of('speech', language)}",
                max_chars=MAX_TITLE_CHARS,
                key=f"{mark}_title_{language}",
            )
            for language in ("en", "zh-Hans", "zh-Hant")
        }
        watch = _watch(desk, partners)
        pressed = st.form_submit_button(words("openings.make"), type="primary")
    if pressed and not (name.strip() and titles["en"].strip() and watch.strip()):
        show("notice", kind="bad", title="", text=words("openings.needed"), hint="")
    elif pressed:
        tried(desk, lambda: make(desk, name.strip(), titles, watch.strip()), words("openings.made"), "new")


def _watch(desk: Desk, partners: list[str]) -> str:
    label = desk.words("openings.watch")
    if not partners:
        return st.text_input(label, max_chars=MAX_TITLE_CHARS, key="new_watch")
    names = {partner: coordinate.partner_name(desk, partner) for partner in partners}
    return st.selectbox(label, partners, format_func=names.__getitem__, key="new_watch") or ""


def make(desk: Desk, name: str, titles: dict[str, str], watch: str) -> None:
    """Write a new incident's file and open it: the worker, where one is at work, takes it from there."""
    desk.require(Act.OPEN_INCIDENT)
    _, path = new_incident(desk.data, name, titles, watch)
    open_incident(desk.data, path, path.read_text(encoding="utf-8"), actor=desk.actor)


def _change(desk: Desk) -> None:
    words = desk.words
    names = {incident.id: incident for incident in desk.incidents}
    picked = st.selectbox(
        words("desk.incident"),
        list(names),
        format_func=lambda name: f"{names[name].title(words.language)} ({name})",
        key="change_id",
        width=420,
    )
    found = names[picked]
    label = words("openings.open") if found.closed_at else words("openings.close")
    if not found.closed_at:
        show("small", text=words("openings.close_hint"))
    if st.button(label, key=f"change_{'open' if found.closed_at else 'close'}"):
        said = words("openings.opened") if found.closed_at else words("openings.closed")
        tried(desk, lambda: change(desk, found), said)


def change(desk: Desk, found: Incident) -> None:
    """Close an incident that is open, open one that is closed."""
    desk.require(Act.OPEN_INCIDENT)
    if not found.closed_at:
        close_incident(desk.data, found.id)
        return
    path = desk.data.incident_file(found.id)
    open_incident(desk.data, path, path.read_text(encoding="utf-8"), actor=desk.actor)
