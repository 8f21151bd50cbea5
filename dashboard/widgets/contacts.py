"""The form for the directory's entries of one's own partner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard import coordinate
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import tried, turn
from pipeline.people import Act
from pipeline.protocol.contacts import MOST_CALLS, MOST_ON_CALL
from pipeline.protocol.directory import KINDS, MAX_TEXT_CHARS, Entry

_FRESH, _PIN = Entry("", KINDS[0], ""), "pinned_"


def keep(desk: Desk, entries: Sequence[Entry]) -> None:
    """Choose an entry of one's own, or a new one, and change it."""
    words, own = desk.words, desk.partner or ""
    if not desk.may(Act.PROTOCOL) or (desk.guarded and not own):
        show("small", text=words("people.reads_only"))
        return
    show("section", title=words("people.own", partner=coordinate.partner_name(desk, own) or words("none")))
    mine = {"": _FRESH, **{e.id: e for e in entries if e.version and e.owner == own}}
    picked = st.selectbox(
        words("people.which"),
        list(mine),
        format_func=lambda value: mine[value].name or words("people.new"),
        key=f"which_contact_{len(mine)}",
        width=420,
    )
    _form(desk, _pinned(mine[picked]), entries)


def _pinned(entry: Entry) -> Entry:
    """The entry as the person began to change it: what is typed stays, and a stale press is refused."""
    key = f"{_PIN}{turn('contact')}_{entry.id}"
    held = st.session_state.setdefault(key, entry)
    return held if isinstance(held, Entry) else entry


def _form(desk: Desk, entry: Entry, entries: Sequence[Entry]) -> None:
    words, mark = desk.words, f"{turn('contact')}_{entry.id}_{entry.version}"
    names = {other.id: other.name for other in entries if other.id != entry.id}
    with st.form(mark, border=False, enter_to_submit=False):
        kind = st.radio(
            words("people.kind"),
            KINDS,
            index=KINDS.index(entry.kind),
            format_func=lambda value: words.of("contact", value),
            horizontal=True,
            key=f"{mark}_kind",
        )
        name = st.text_input(words("people.name"), entry.name, max_chars=MAX_TEXT_CHARS, key=f"{mark}_name")
        reach = st.text_input(
            words("people.reach"),
            entry.reach,
            max_chars=MAX_TEXT_CHARS,
            autocomplete="off",
            key=f"{mark}_reach",
        )
        order = st.number_input(
            words("people.order"),
            min_value=1,
            max_value=MOST_ON_CALL,
            value=entry.on_call,
            step=1,
            key=f"{mark}_order",
        )
        calls = st.multiselect(
            words("people.calls"),
            list(names),
            default=[call for call in entry.calls if call in names],
            format_func=names.__getitem__,
            max_selections=MOST_CALLS,
            placeholder=words("people.choose"),
            select_all=False,
            key=f"{mark}_calls",
        )
        with st.container(horizontal=True, gap="small"):
            saved = st.form_submit_button(words("people.save"), type="primary")
            gone = bool(entry.id) and st.form_submit_button(words("people.remove"))
    if gone:
        tried(desk, lambda: coordinate.remove_contact(desk, entry), words("people.removed"), "contact")
    elif saved and not name.strip():
        show("notice", kind="bad", title="", text=words("people.name_needed"), hint="")
    elif saved:
        wanted = replace(entry, kind=kind, name=name, reach=reach, on_call=order, calls=tuple(calls))
        tried(desk, lambda: coordinate.save_contact(desk, wanted), words("people.saved"), "contact")
