"""Claims that may be the same: a person confirms or rejects, the next run obeys."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.decide import rule, rulings_by_pair
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.rows import Match
from pipeline.records import RulingKind


def matches(desk: Desk, found: Sequence[Match]) -> None:
    """Each borderline pair with both texts, why it was suggested, and what was ruled."""
    if not found:
        show("small", text=desk.words("claim.nothing_matches"))
        return
    ruled = rulings_by_pair(desk)
    if not desk.actor:
        show("small", text=desk.words("you.needed"))
    for place, match in enumerate(found):
        ruling = ruled.get(frozenset((match.own_post, match.other_post)))
        show("match", words=desk.words, clock=desk.now(), match=match, ruling=ruling)
        _form(desk, match, place)


def _form(desk: Desk, match: Match, place: int) -> None:
    words = desk.words
    form = st.form(f"match_{place}_{match.other_id}", border=False, enter_to_submit=False)
    with form, st.container(horizontal=True, vertical_alignment="center", gap="small"):
        reason = st.text_input(
            words("match.reason"),
            max_chars=500,
            placeholder=words("match.reason"),
            label_visibility="collapsed",
            width=260,
        )
        same = st.form_submit_button(words("match.confirm"), disabled=not desk.actor)
        other = st.form_submit_button(words("match.reject"), disabled=not desk.actor)
        address = desk.address({"claim": match.other_id})
        label = words("match.open", rank=match.other_rank)
        st.page_link(desk.pages["claim"], label=label, query_params=address)
    if same or other:
        kind = RulingKind.MUST if same else RulingKind.MUST_NOT
        rule(desk, kind, match.own_post, match.other_post, reason)
        st.toast(words("match.saved"))
        st.rerun()
