"""That a claim will not be worked: said on its page and in the list, taken back with one press."""

from __future__ import annotations

import streamlit as st

from dashboard import coordinate
from dashboard.decide import standing
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import show_slip, tried
from pipeline.ledger.set_aside import SetAside, holds
from pipeline.people import Act


def aside(desk: Desk, claim_id: str) -> None:
    """The notice on a claim's page; nothing where the claim is not set aside."""
    said = SetAside(desk.data.ledger, read_only=True).all(desk.name, claim_id).get(claim_id)
    show_slip(desk)
    if said is None or not holds(said, standing(desk, claim_id)):
        return
    show("aside", words=desk.words, clock=desk.now(), aside=said, who=desk.name_of(said.actor))
    label, may = desk.words("capacity.work_it"), desk.may(Act.TRIAGE)
    if st.button(label, key=f"unaside_{said.event_id}", type="tertiary", disabled=not may):
        tried(desk, lambda: coordinate.work_after_all(desk, said.event_id))
