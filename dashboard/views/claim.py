"""One claim: what it says, how it spreads, why it is ranked here, and what people decide about it."""

from __future__ import annotations

import streamlit as st

from dashboard import queries
from dashboard.address import ListView
from dashboard.desk import Desk
from dashboard.listing import narrowed, neighbours
from dashboard.render import show
from dashboard.times import Clock
from dashboard.widgets.decision import actions, decision
from dashboard.widgets.history import history
from dashboard.widgets.matches import matches
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.posts import LANGUAGE_OF_SCRIPT, posts
from dashboard.widgets.reasons import why_ranked
from dashboard.widgets.timeline import timeline
from dashboard.widgets.variants import variants

MAX_ID = 200


def page(desk: Desk) -> None:
    """The claim that the address names; an old id leads to what it became."""
    if desk.incident is None or desk.file is None:
        nothing_published(desk)
        return
    asked = st.query_params.get("claim", "")[:MAX_ID]
    claim_id = queries.resolve(desk.file, asked)
    view = ListView.read(st.query_params)
    _ways(desk, desk.file, view, claim_id)
    if claim_id is None:
        title = desk.words("claim.missing", claim=asked)
        show("notice", kind="quiet", title=title, text="", hint=desk.words("claim.missing_hint"))
        return
    if claim_id != asked:
        told = desk.words("claim.moved", old=asked, new=claim_id)
        show("notice", kind="info", title="", text=told, hint="")
    _claim(desk, desk.file, claim_id, view)


def _claim(desk: Desk, file: str, claim_id: str, view: ListView) -> None:
    words, clock = desk.words, desk.clock()
    card = queries.cards(file, (claim_id,))[0]
    language = LANGUAGE_OF_SCRIPT.get(card.exemplar_script or "", "zh")
    show("claim_head", words=words, clock=clock, card=card, language=language)
    actions(desk, file, claim_id)
    with st.container(key="claim"):
        main, side = st.columns([7, 4], gap="large")
    with side:
        decision(desk, file, claim_id)
        why_ranked(desk, queries.rank_row(file, claim_id))
        history(desk, file, claim_id)
    with main:
        timeline(desk, clock, queries.hours(file, (claim_id,))[claim_id], card.as_of)
        _tabs(desk, file, clock, claim_id, {"claim": claim_id, **view.params()})


def _tabs(desk: Desk, file: str, clock: Clock, claim_id: str, params: dict[str, str]) -> None:
    words = desk.words
    wordings, near = queries.variants(file, claim_id), queries.matches(file, claim_id)
    names = (words("claim.posts"), words("claim.variants"), words("claim.matches"))
    first, second, third = st.tabs([names[0], f"{names[1]} {len(wordings)}", f"{names[2]} {len(near)}"])
    with first:
        posts(desk, file, clock, claim_id, params)
    with second:
        variants(desk, clock, wordings)
    with third:
        matches(desk, near)


def _ways(desk: Desk, file: str, view: ListView, claim_id: str | None) -> None:
    """Back to the list that one came from, and along it; J and K as in many lists."""
    words = desk.words
    before, after = neighbours(narrowed(desk, file, view), claim_id or "")
    with st.container(key="ways", horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(
            desk.pages["claims"], label=words("claim.back"), query_params=desk.address(view.params())
        )
        for name, key, target in (("older", "K", before), ("newer", "J", after)):
            if st.button(words(f"claim.{name}"), shortcut=key, key=f"way_{name}", disabled=target is None):
                link = desk.address({"claim": target or "", **view.params()})
                st.switch_page(desk.pages["claim"], query_params=link)
