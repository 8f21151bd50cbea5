"""Every incident with how far it is."""

from __future__ import annotations

import streamlit as st

from dashboard import queries
from dashboard.desk import Desk
from dashboard.refusals import refusal, show_refusal
from dashboard.render import show
from dashboard.times import Clock
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.openings import openings
from pipeline.incident import Incident


def page(desk: Desk) -> None:
    """The picker: newest first; files that cannot be read are named with what is wrong."""
    show("heading", text=desk.words("incidents.title"), note="")
    if not desk.incidents and not desk.broken:
        nothing_published(desk)
    for incident in desk.incidents:
        _incident(desk, incident)
    for problem in desk.broken:
        show_refusal(desk.words, refusal(problem, desk.words, desk), title=desk.words("incidents.broken"))
    openings(desk)


def _incident(desk: Desk, incident: Incident) -> None:
    file = queries.published_file(desk.data, incident.id)
    overview = queries.overview(file) if file else None
    clock = Clock.at(desk.words, desk.zone, overview.as_of if overview else None)
    decided = len(desk.ledger().triage(incident.id))
    with st.container(key=f"incident_{incident.id}"):
        show("incident", words=desk.words, clock=clock, incident=incident, overview=overview, decided=decided)
        st.page_link(
            desk.pages["claims"],
            label=desk.words("incidents.open"),
            query_params={"incident": incident.id},
            width="stretch",
        )
