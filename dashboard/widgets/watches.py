"""Who has the watch, the offer that waits, and the way of the watch from hand to hand."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import coordinate
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.slips import tried, turn
from pipeline.ledger.watch import Offer, Offers
from pipeline.protocol.checklist import Board, may_give, may_take

MAX_NOTE_CHARS = 2_000


def watches(desk: Desk, told: Board) -> None:
    """The panel."""
    made = Offers(desk.data.ledger, read_only=True).standing(desk.name)
    show(
        "watch",
        words=desk.words,
        clock=desk.now(),
        holder=told.on_watch,
        called=partial(coordinate.partner_name, desk),
        named=desk.name_of,
        offer=made,
        watches=told.watches[::-1],
    )
    if made:
        _answer(desk, told, made)
    else:
        _offer(desk, told)


def _offer(desk: Desk, told: Board) -> None:
    words, partners = desk.words, desk.coalition.partners
    others = [partner.id for partner in partners if partner.id != told.on_watch]
    if not others:
        show("small", text=words("watch.no_partners"))
        return
    if not may_give(desk.person, told.on_watch, desk.coalition):
        show("small", text=words("watch.not_yours"))
        return
    with st.form(turn("offer"), border=False, enter_to_submit=False):
        partner = st.selectbox(
            words("watch.to"), others, format_func=partial(coordinate.partner_name, desk), key="offer_to"
        )
        note = st.text_area(
            words("watch.note"),
            placeholder=words("watch.note_hint"),
            max_chars=MAX_NOTE_CHARS,
            height=90,
            key=f"{turn('offer')}_note",
        )
        pressed = st.form_submit_button(words("watch.offer"), type="primary")
    if pressed and not note.strip():
        show("notice", kind="bad", title="", text=words("watch.note_needed"), hint="")
    elif pressed:
        tried(desk, lambda: coordinate.offer(desk, told, partner, note), words("watch.offered_told"), "offer")


def _answer(desk: Desk, told: Board, made: Offer) -> None:
    """The other side takes it or not; whoever offered it may withdraw."""
    words = desk.words
    taking = may_take(desk.person, made.partner)
    giving = may_give(desk.person, told.on_watch, desk.coalition)
    if not taking and not giving:
        show("small", text=words("watch.waits"))
        return
    with st.form(f"answer_{made.event_id}", border=False, enter_to_submit=False):
        note = st.text_area(
            words("watch.answer_note"), max_chars=MAX_NOTE_CHARS, height=68, key="answer_note"
        )
        with st.container(horizontal=True, gap="small"):
            yes = taking and st.form_submit_button(words("watch.accept"), type="primary")
            label = words("watch.decline") if taking else words("watch.withdraw")
            no = st.form_submit_button(label)
    if yes:
        tried(desk, lambda: coordinate.accept(desk, made, note), words("watch.accepted"))
    elif no:
        tried(desk, lambda: coordinate.end_offer(desk, told, made, note), words("watch.ended"))
