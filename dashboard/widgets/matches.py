"""Claims that may be the same: a person confirms or rejects, the next run obeys."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.decide import MAX_REASON_CHARS, rule, rulings_by_pair, withdraw
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.rows import Match
from dashboard.why import told_why
from dashboard.widgets.yes_no import yes_no
from pipeline.people import Act
from pipeline.records import MatchRuling, RulingKind


def matches(desk: Desk, found: Sequence[Match]) -> None:
    """Each borderline pair with both texts, why it was suggested, and what was ruled."""
    if not found:
        show("small", text=desk.words("claim.nothing_matches"))
        return
    ruled = rulings_by_pair(desk)
    for place, match in enumerate(found):
        ruling = ruled.get(frozenset((match.own_post, match.other_post)))
        by = desk.name_of(ruling.actor) if ruling else ""
        why = told_why(desk.words, match.why)
        show("match", words=desk.words, clock=desk.now(), match=match, ruling=ruling, by=by, why=why)
        if ruling:
            _withdrawing(desk, ruling)
        _form(desk, match, place)


def _withdrawing(desk: Desk, ruling: MatchRuling) -> None:
    label, may = desk.words("ruling.withdraw"), desk.may(Act.RULE)
    if st.button(label, key=f"withdraw_{ruling.ruling_id}", type="tertiary", disabled=not may):
        withdraw(desk, [ruling.ruling_id])
        st.rerun()


def _form(desk: Desk, match: Match, place: int) -> None:
    def link() -> None:
        label = desk.words("match.open", rank=match.other_rank)
        address = desk.address({"claim": match.other_id})
        st.page_link(desk.pages["claim"], label=label, query_params=address)

    key = f"match_{place}_{match.other_id}"
    same, reason = yes_no(desk, key, Act.RULE, "match", MAX_REASON_CHARS, link)
    if same is None:
        return
    kind = RulingKind.MUST if same else RulingKind.MUST_NOT
    rule(desk, kind, match.own_post, match.other_post, reason)
    st.toast(desk.words("match.saved"))
    st.rerun()
