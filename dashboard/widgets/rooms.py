"""The head of the four pages that run an incident: what it is, and the way to the others."""

from __future__ import annotations

import streamlit as st

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.slips import show_slip
from dashboard.widgets.told import show_told

ROOMS = {
    "protocol": ("protocol.title", "protocol.note"),
    "people": ("people.title", "people.note"),
    "outreach": ("outreach.title", "outreach.note"),
    "capacity": ("capacity.title", "capacity.note"),
}
"""The words of each page's title and of what stands below it."""


def head(desk: Desk, room: str) -> bool:
    """Title and ways; False where no incident is open, which is then said."""
    if desk.incident is None:
        nothing_published(desk)
        return False
    words = desk.words
    title, note = ROOMS[room]
    show("heading", text=words(title), note=words(note))
    with st.container(key="rooms", horizontal=True, gap="small"):
        for name, (label, _) in ROOMS.items():
            st.page_link(desk.pages[name], label=words(label), query_params=desk.address())
    show_told()
    show_slip(desk)
    return True
