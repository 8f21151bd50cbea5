"""People and organizations: who would call whom, drawn and in words; each partner keeps its own entries."""

from __future__ import annotations

import streamlit as st

from dashboard import coordinate
from dashboard.desk import Desk
from dashboard.render import picture, show
from dashboard.widgets.contacts import keep
from dashboard.widgets.rooms import head
from pipeline.people import Act
from pipeline.protocol.contacts import directory
from pipeline.protocol.directory import Entry, on_call
from pipeline.protocol.drawing import drawn


def page(desk: Desk) -> None:
    """The map, the same as a list, and the form for one's own partner."""
    if not head(desk, "people"):
        return
    words, entries = desk.words, directory(desk.data)
    if entries:
        picture(_map(entries, words("people.map")), words("people.map"))
        first = on_call(entries)
        names = {entry.id: entry.name for entry in entries}
        show(
            "contacts",
            words=words,
            entries=[*first, *(entry for entry in entries if entry not in first)],
            names=names,
            reach=desk.may(Act.PROTOCOL),
            owners={e.owner: coordinate.partner_name(desk, e.owner) for e in entries},
        )
    else:
        show("small", text=words("people.none"))
    keep(desk, entries)


@st.cache_data(max_entries=16, show_spinner=False)
def _map(entries: tuple[Entry, ...], label: str) -> str:
    return drawn(entries, label)
