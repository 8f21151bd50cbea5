"""Hours that people have against the claims that wait: what will be worked today, and what not, said so."""

from __future__ import annotations

from datetime import date, datetime

import streamlit as st

from dashboard import coordinate, queries
from dashboard.address import ListView
from dashboard.desk import Desk
from dashboard.escape import plain
from dashboard.listing import passing
from dashboard.render import show
from dashboard.rows import ClaimCard
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.rooms import head
from dashboard.widgets.slips import tried, turn
from pipeline.ledger.outreach import MOST_HOURS, Hours
from pipeline.ledger.set_aside import MAX_REASON_CHARS, SetAside
from pipeline.mask import hide
from pipeline.people import Act
from pipeline.protocol.capacity import MOST_CLAIMS, Capacity, planned

EXCERPT_CHARS = 60


def page(desk: Desk) -> None:
    """Today's hours, the plan, and the way to say what will not be worked."""
    if not head(desk, "capacity"):
        return
    if desk.file is None:
        nothing_published(desk)
        return
    today = datetime.now(desk.zone).date()
    ranked = passing(desk, desk.file, ListView())[:MOST_CLAIMS]
    decided = desk.ledger().triage(desk.name)
    plan = planned(desk.data, desk.name, ranked, decided, today)
    cards = {card.claim_id: card for card in queries.cards(desk.file, ranked)}
    offered = Hours(desk.data.ledger, read_only=True).on(desk.name, today)
    people = [(desk.name_of(actor), hours) for actor, hours in offered.items()]
    show("capacity", words=desk.words, plan=plan, people=people, most=MOST_CLAIMS)
    _hours(desk, today, offered.get(desk.actor))
    _say(desk, plan, cards)
    _lists(desk, plan, cards)


def _hours(desk: Desk, today: date, mine: float | None) -> None:
    words = desk.words
    if not desk.may(Act.PROTOCOL):
        return
    with (
        st.form("hours", border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        hours = st.number_input(
            words("capacity.mine"),
            min_value=0.0,
            max_value=MOST_HOURS,
            value=mine or 0.0,
            step=0.5,
            format="%.1f",
            key=f"hours_{mine}",
            width=220,
        )
        pressed = st.form_submit_button(words("capacity.offer"))
    if pressed:
        tried(desk, lambda: coordinate.offer_hours(desk, today, hours), words("capacity.offered"))


def _say(desk: Desk, plan: Capacity, cards: dict[str, ClaimCard]) -> None:
    """Choose claims, give the reason."""
    words = desk.words
    waiting = [claim for claim in (*plan.not_worked, *plan.worked[::-1]) if claim in cards]
    if not waiting or not desk.may(Act.TRIAGE):
        return
    show("section", title=words("capacity.say_title"))
    mark = turn("aside")
    with st.form(mark, border=False, enter_to_submit=False):
        picked = st.multiselect(
            words("capacity.which"),
            waiting,
            format_func=lambda claim: _called(desk, cards[claim]),
            placeholder=words("people.choose"),
            select_all=False,  # it would speak English, and one slip would set everything aside
            key=f"{mark}_claims",
        )
        reason = st.text_area(
            words("capacity.reason"),
            placeholder=words("capacity.reason_hint"),
            max_chars=MAX_REASON_CHARS,
            height=68,
            key=f"{mark}_reason",
        )
        pressed = st.form_submit_button(words("capacity.say"), type="primary")
    if pressed and not (picked and reason.strip()):
        show("notice", kind="bad", title="", text=words("capacity.needed"), hint="")
    elif pressed:
        tried(desk, lambda: coordinate.set_aside(desk, picked, reason), words("capacity.said"), "aside")


def _called(desk: Desk, card: ClaimCard) -> str:
    """A claim in one line without personal data; Streamlit shows options of a choice as plain text."""
    words = desk.words
    said, _ = hide(
        card.exemplar_text or "", lambda kind: words("mask.hidden", kind=words.of("mask", kind.value))
    )
    said = plain(" ".join(said.split()))
    return f"{card.rank}. {said[:EXCERPT_CHARS]}{'…' if len(said) > EXCERPT_CHARS else ''}"


def _lists(desk: Desk, plan: Capacity, cards: dict[str, ClaimCard]) -> None:
    words = desk.words
    said = SetAside(desk.data.ledger, read_only=True).all(desk.name)
    for title, claims in (
        (words("capacity.worked"), plan.worked),
        (words("capacity.not_worked"), plan.not_worked),
        (words("capacity.set_aside"), plan.set_aside),
    ):
        rows = [(cards[claim], said.get(claim) if claims is plan.set_aside else None) for claim in claims]
        show("capacity_list", words=words, title=title, rows=rows, clock=desk.now(), called=desk.name_of)
