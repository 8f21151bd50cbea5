"""The ranked list of an incident: filters in the address, 25 claims a page."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from dashboard import queries
from dashboard.address import MAX_TEXT, PAGE_ROWS, ListView
from dashboard.desk import Desk
from dashboard.listing import narrowed, page_of
from dashboard.render import show
from dashboard.times import Clock
from dashboard.widgets import cards
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.pager import pager
from pipeline.records import Status


def page(desk: Desk) -> None:
    """Filters, the claims of this page, and the way to the next."""
    if desk.incident is None or desk.file is None:
        nothing_published(desk)
        return
    view = ListView.read(st.query_params)
    _filters(desk, desk.file, view)
    ids = narrowed(desk, desk.file, view)
    clock = desk.clock()
    if not ids:
        show(
            "notice",
            kind="quiet",
            title=desk.words("list.empty"),
            text="",
            hint=desk.words("list.empty_hint"),
        )
        return
    view, shown = page_of(view, ids)
    _heading(desk, clock, view, len(ids))
    _rows(desk, desk.file, clock, view, shown)
    pager(desk, "claims", view.params(), "page", view.page, -(-len(ids) // PAGE_ROWS))


def _rows(desk: Desk, file: str, clock: Clock, view: ListView, shown: tuple[str, ...]) -> None:
    found = queries.cards(file, shown)
    hours = queries.hours(file, shown)
    standing = desk.ledger().triage(desk.name)
    with st.container(key="list", gap=None):
        for card in found:
            link = desk.address({"claim": card.claim_id, **view.params()})
            cards.row(desk, clock, card, hours[card.claim_id], standing.get(card.claim_id), link)


def _heading(desk: Desk, clock: Clock, view: ListView, total: int) -> None:
    first = (view.page - 1) * PAGE_ROWS + 1
    last = min(total, view.page * PAGE_ROWS)
    told = desk.words("list.range", first=f"{first:,}", last=f"{last:,}", total=f"{total:,}")
    as_of = queries.overview(desk.file).as_of if desk.file else None
    show("list_head", words=desk.words, clock=clock, range=told, as_of=as_of)


def _changed(desk: Desk) -> None:
    """A filter was touched: put it into the address, back on the first page."""
    told = {
        name: str(st.session_state.get(f"f_{name}") or "")
        for name in ("platform", "script", "status", "text")
    }
    st.query_params.from_dict(desk.address(ListView.read(told).params()))


def _filters(desk: Desk, file: str, view: ListView) -> None:
    words = desk.words
    choices = queries.choices(file)
    for name in ("platform", "script", "status", "text"):
        st.session_state[f"f_{name}"] = getattr(view, name)
    with st.container(key="filters", horizontal=True, vertical_alignment="bottom", gap="small"):
        lanes = _lane_labels(desk, file, view)
        st.segmented_control(
            words("list.lane"),
            list(lanes),
            key="f_status",
            format_func=lanes.__getitem__,
            required=True,
            on_change=_changed,
            args=(desk,),
            label_visibility="collapsed",
        )
        st.text_input(
            words("list.search"),
            key="f_text",
            type="search",
            max_chars=MAX_TEXT,
            placeholder=words("list.search_hint"),
            on_change=_changed,
            args=(desk,),
            label_visibility="collapsed",
            width=220,
        )
        for name in ("platform", "script"):
            _choice(desk, name, choices[name], getattr(view, name))
        if view.filtered:
            st.page_link(desk.pages["claims"], label=words("list.clear"), query_params=desk.address())


def _choice(desk: Desk, name: str, known: list[str], chosen: str) -> None:
    words = desk.words
    options = ["", *known] if chosen in {"", *known} else ["", chosen, *known]
    st.selectbox(
        words(f"list.{name}"),
        options,
        key=f"f_{name}",
        format_func=lambda value: words.of(name, value) if value else words(f"list.any_{name}"),
        on_change=_changed,
        args=(desk,),
        label_visibility="collapsed",
        width=150,
    )


def _lane_labels(desk: Desk, file: str, view: ListView) -> dict[str, str]:
    """Each status with how many claims it has under the other filters."""
    everything = queries.chosen(file, view.platform, view.script, view.text)
    decided = desk.status_counts()
    counts = (
        Counter(decided[claim] for claim in everything if claim in decided) if decided else Counter[str]()
    )
    counts[Status.NEW.value] = len(everything) - sum(n for s, n in counts.items() if s != Status.NEW.value)
    labels = {"": f"{desk.words('list.all')} {len(everything):,}"}
    return labels | {s.value: f"{desk.words.of('status', s.value)} {counts[s.value]:,}" for s in Status}
