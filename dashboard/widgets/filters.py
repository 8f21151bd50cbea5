"""Lanes, search, filters, look and saved views of the list: all of them in the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from dashboard import queries
from dashboard.address import ME, NOBODY, TIMES, ListView
from dashboard.desk import Desk
from dashboard.listing import lane_counts
from dashboard.render import show
from dashboard.widgets.live import EVERY_SECONDS
from dashboard.widgets.notes import calls
from dashboard.widgets.reading import reading_aid
from dashboard.widgets.slips import show_slip, tried
from pipeline.ledger.views import MAX_NAME_CHARS, View, Views
from pipeline.records import Status

_PICKED = "lane_picked"
FILTERS = ("status", "text", "platform", "script", "place", "time", "who")


def filters(desk: Desk, file: str, view: ListView) -> None:
    """Two quiet rows: lanes and look, then everything that narrows."""
    for name in FILTERS:
        st.session_state[f"f_{name}"] = getattr(view, name)
    with st.container(key="lanes", horizontal=True, vertical_alignment="center", gap="small"):
        _lanes(desk, file, view)
        with st.container(
            key="looks", horizontal=True, horizontal_alignment="right", gap="small", width="content"
        ):
            _calls(desk, view)
            _saved(desk, view)
            _look(desk, view)
            reading_aid(desk, view)
    with st.container(key="filters", horizontal=True, vertical_alignment="center", gap="small"):
        _narrowing(desk, file, view)
    show_slip(desk)


def _changed(desk: Desk, view: ListView) -> None:
    """A filter was touched: put it into the address, back on the first page."""
    told = {name: str(st.session_state.get(f"f_{name}") or "") for name in FILTERS}
    kept = {name: value for name, value in view.params().items() if name in {"look", "read"}}
    st.query_params.from_dict(desk.address(ListView.read_from(told | kept).params()))


def _lane_changed(desk: Desk, view: ListView) -> None:
    _changed(desk, view)
    st.session_state[_PICKED] = True


@st.fragment(run_every=EVERY_SECONDS)
def _lanes(desk: Desk, file: str, view: ListView) -> None:
    """Runs by itself, for the counts follow what everybody decides; the list only reruns for its own rows."""
    if st.session_state.pop(_PICKED, False):
        st.rerun()
    words = desk.words
    counts = lane_counts(desk, file, view)
    labels = {"": f"{words('list.all')} {counts['']:,}"}
    labels |= {s.value: f"{words.of('status', s.value)} {counts[s.value]:,}" for s in Status}
    st.segmented_control(
        words("list.lane"),
        list(labels),
        key="f_status",
        format_func=labels.__getitem__,
        required=True,
        on_change=_lane_changed,
        args=(desk, view),
        label_visibility="collapsed",
    )


def _narrowing(desk: Desk, file: str, view: ListView) -> None:
    words = desk.words
    st.text_input(
        words("list.search"),
        key="f_text",
        type="search",
        placeholder=words("list.search_hint"),
        on_change=_changed,
        args=(desk, view),
        label_visibility="collapsed",
        width=240,
    )
    known = queries.choices(file)
    places = list(desk.incident.places) if desk.incident else []
    for name, options, told in (
        ("platform", known["platform"], lambda value: words.of("platform", value)),
        ("script", known["script"], lambda value: words.of("script", value)),
        ("place", places, str),
        ("time", list(TIMES), lambda value: words(f"when.{value}")),
        ("who", _people(desk), lambda value: _person(desk, value)),
    ):
        _choice(desk, view, name, options, told)
    if view.filtered:
        kept = {key: value for key, value in view.params().items() if key in {"look", "read"}}
        st.page_link(desk.pages["claims"], label=words("list.clear"), query_params=desk.address(kept))


def _people(desk: Desk) -> list[str]:
    """Whom claims are with; the reader and nobody first."""
    holders = {t.assignee for t in desk.decided().values() if t.assignee}
    return [*([ME] if desk.actor else []), NOBODY, *sorted(holders - {desk.actor})]


def _person(desk: Desk, value: str) -> str:
    named = {ME: desk.words("lane.mine"), NOBODY: desk.words("lane.nobody")}
    return named.get(value) or desk.name_of(value)


def _choice(desk: Desk, view: ListView, name: str, known: Sequence[str], told: Callable[[str], str]) -> None:
    words, chosen = desk.words, getattr(view, name)
    options = ["", *known] if chosen in {"", *known} else ["", chosen, *known]
    family = "list" if name in {"platform", "script"} else "lane"
    st.selectbox(
        words(f"{family}.{name}"),
        options,
        key=f"f_{name}",
        format_func=lambda value: told(value) if value else words(f"{family}.any_{name}"),
        on_change=_changed,
        args=(desk, view),
        label_visibility="collapsed",
        width=150,
    )


def _look(desk: Desk, view: ListView) -> None:
    words = desk.words
    st.session_state["v_look"] = view.look
    st.segmented_control(
        words("look.label"),
        ["", "cards"],
        key="v_look",
        format_func=lambda look: words(f"look.{look or 'list'}"),
        required=True,
        on_change=_look_changed,
        args=(desk, view),
        label_visibility="collapsed",
    )


def _look_changed(desk: Desk, view: ListView) -> None:
    told = replace(view, look=str(st.session_state.get("v_look") or ""))
    st.query_params.from_dict(desk.address(told.params()))


def _calls(desk: Desk, view: ListView) -> None:
    """Notes that mention the reader, each with the way to its claim."""
    found = calls(desk)
    if not found:
        return
    words = desk.words
    with st.popover(words("saved.calls", n=len(found)), help=words("saved.calls_hint"), key="calls"):
        for note in found:
            show("note", words=words, clock=desk.now(), note=note, author=desk.name_of(note.author))
            link = desk.address({"claim": note.claim_id, **view.params()})
            st.page_link(desk.pages["claim"], label=f"{note.claim_id} →", query_params=link)


def _saved(desk: Desk, view: ListView) -> None:
    """The reader's own views: a link each, and a form to keep this one."""
    if not desk.actor:
        return
    words = desk.words
    mine = Views(desk.data.ledger, read_only=True).of(desk.name, desk.actor)
    with st.popover(words("saved.label"), key="saved_views"):
        if not mine:
            show("small", text=words("saved.none"))
        for saved in mine:
            _view(desk, saved)
        with st.form("save_view", border=False, clear_on_submit=True):
            name = st.text_input(words("saved.name"), max_chars=MAX_NAME_CHARS, key="view_name")
            kept = st.form_submit_button(words("saved.save"))
    if kept and name.strip():
        params = replace(view, page=1).params()
        tried(
            desk,
            lambda: Views(desk.data.ledger).save(desk.name, desk.actor, name, params),
            words("saved.kept"),
        )


def _view(desk: Desk, saved: View) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.page_link(desk.pages["claims"], label=_label(saved.name), query_params=desk.address(saved.params))
        label = desk.words("saved.remove", name="")
        if st.button(label.strip(), key=f"unview_{saved.event_id}", type="tertiary"):
            Views(desk.data.ledger).take_back(desk.name, saved.event_id, actor=desk.actor)
            st.rerun()


def _label(name: str) -> str:
    """A label that Streamlit's Markdown cannot read as anything else."""
    return "".join(c if c.isalnum() or c in " -·，、（）" else " " for c in name).strip() or "·"
