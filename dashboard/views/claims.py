"""The ranked list of an incident: lanes, filters in the address, moves of one key, 25 claims a page."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from dashboard import queries
from dashboard.address import PAGE_ROWS, ListView
from dashboard.desk import Desk
from dashboard.listing import narrowed, page_of
from dashboard.pending import pending
from dashboard.ratings import rating_words
from dashboard.render import show
from dashboard.times import Clock
from dashboard.widgets import cards
from dashboard.widgets.filters import filters
from dashboard.widgets.live import on_list, others_on
from dashboard.widgets.moves import list_moves, marked
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.pager import pager
from dashboard.widgets.reasons import in_words, reasons
from pipeline.ledger.assessments import Assessments
from pipeline.ledger.known import KnownBook
from pipeline.ledger.notes import Notes
from pipeline.ledger.set_aside import SetAside
from pipeline.rubric import load_rubric

REASONS_ON_A_CARD = 3


def page(desk: Desk) -> None:
    """Filters, the claims of this page, and the way to the next."""
    if desk.incident is None or desk.file is None:
        nothing_published(desk)
        return
    view = ListView.read_from(st.query_params)
    filters(desk, desk.file, view)
    ids = narrowed(desk, desk.file, view)
    if ids:
        _list(desk, desk.file, view, ids)
    else:
        title, hint = desk.words("list.empty"), desk.words("list.empty_hint")
        show("notice", kind="quiet", title=title, text="", hint=hint)


def _list(desk: Desk, file: str, view: ListView, ids: tuple[str, ...]) -> None:
    clock = desk.clock()
    view, shown = page_of(view, ids)
    if not (view.status or view.who):  # elsewhere every decision may bring or take a row
        on_list(shown)
    found = queries.cards(file, shown)
    list_moves(desk, file, found)
    _heading(desk, clock, view, len(ids))
    hours = queries.hours(file, shown)
    states = _states(desk, file, view, shown)
    told = rating_words(desk)
    with st.container(key="cards" if view.look else "list", gap=None):
        for card in found:
            link = desk.address({"claim": card.claim_id, **view.params()})
            cards.row(desk, clock, card, hours[card.claim_id], states[card.claim_id], link, told)
    pager(desk, "claims", view.params(), "page", view.page, -(-len(ids) // PAGE_ROWS))
    st.page_link(desk.pages["moment"], label=desk.words("moment.open"), query_params=desk.address())


def _states(desk: Desk, file: str, view: ListView, shown: tuple[str, ...]) -> dict[str, cards.RowState]:
    """What people said about each claim of this page, and who is on it."""
    standing, here, waiting = desk.decided(), others_on(desk), pending(desk, file)
    rubric = load_rubric(desk.data)
    assessed = Assessments(desk.data.ledger, read_only=True).all(desk.name)
    aside = SetAside(desk.data.ledger, read_only=True).waiting(desk.name, standing)
    noted = [note.claim_id for note in Notes(desk.data.ledger, read_only=True).of(desk.name)]
    rank_rows = queries.rank_rows(file, shown)
    ruled = KnownBook(desk.data.ledger, read_only=True).of(desk.name)
    listed = queries.known_rows(file, shown)
    known = Counter(pair[0] for pair in listed if pair not in ruled or ruled[pair].same)
    outdated = {pair[0] for pair in listed if pair in ruled and ruled[pair].is_outdated(listed[pair])}
    gone = {claim for (claim, review), one in ruled.items() if one.same and (claim, review) not in listed}
    cursor = marked(shown)
    return {
        claim: cards.RowState(
            stands=standing.get(claim),
            here=here.get(claim, ()),
            merged=waiting.merged.get(claim, ()),
            split=waiting.split.get(claim, 0),
            harm=rubric.total("harm", assessed[claim].levels) if claim in assessed else None,
            notes=noted.count(claim),
            aside=aside[claim].reason if claim in aside else "",
            marked=claim == cursor,
            aid=view.read,
            known=known[claim],
            outdated=claim in outdated,
            gone=claim in gone,
            because=tuple(in_words(desk.words, rank_rows[claim], REASONS_ON_A_CARD if view.look else 1)),
            reasons=tuple(reasons(desk.words, rank_rows[claim])[:REASONS_ON_A_CARD]) if view.look else (),
        )
        for claim in shown
    }


def _heading(desk: Desk, clock: Clock, view: ListView, total: int) -> None:
    first = (view.page - 1) * PAGE_ROWS + 1
    last = min(total, view.page * PAGE_ROWS)
    told = desk.words("list.range", first=f"{first:,}", last=f"{last:,}", total=f"{total:,}")
    as_of = queries.overview(desk.file).as_of if desk.file else None
    show("list_head", words=desk.words, clock=clock, range=told, as_of=as_of)
