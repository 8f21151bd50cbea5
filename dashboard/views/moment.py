"""The time machine: the list as it stood at a moment that the address names, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow.compute as pc
import streamlit as st

from dashboard.address import PAGE_ROWS, page_number
from dashboard.desk import Desk
from dashboard.queries import EXEMPLAR_CHARS
from dashboard.ratings import rating_words
from dashboard.render import show
from dashboard.times import Clock
from dashboard.widgets.notices import nothing_published
from dashboard.widgets.pager import pager
from pipeline.moments.lists import ListAt, changes, first_shown, list_at, steps, texts
from pipeline.rubric import load_rubric

MAX_MOMENT_CHARS = 40
STEPS = ("earlier_list", "earlier_decision", "later_decision", "later_list")
COUNTED = {"entered": "entered", "left": "left_list", "moved": "moved", "decided": "decided"}


def page(desk: Desk) -> None:
    """The moment and the ways to others, then the list, 25 claims a page."""
    if desk.incident is None:
        nothing_published(desk)
        return
    words = desk.words
    show("heading", text=words("moment.title"), note=words("moment.note"))
    now = datetime.now(UTC)
    moment, fault = moment_of(st.query_params.get("moment", ""), now)
    _choose(desk, moment)
    _steps(desk, moment)
    if fault:
        show("notice", kind="warn", title="", text=words(f"moment.{fault}"), hint="")
    then = list_at(desk.data, desk.name, moment)
    _list(desk, then, list_at(desk.data, desk.name, now))


def moment_of(told: str, now: datetime) -> tuple[datetime, str]:
    """The moment that an address names; ``now`` with the name of what is wrong when it cannot be shown."""
    if not told:
        return now, ""
    try:
        moment = datetime.fromisoformat(told[:MAX_MOMENT_CHARS].strip())
        if moment.tzinfo is None:
            return now, "no_zone"
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return now, "unreadable"
    return (now, "ahead") if moment > now else (moment, "")


def named(moment: datetime) -> str:
    """How an address names a moment: to the microsecond where it has any, for decisions are that close."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _go(moment: datetime, desk: Desk) -> None:
    st.query_params.from_dict(desk.address({"moment": named(moment)}))


def _choose(desk: Desk, moment: datetime) -> None:
    """Day and minute in the reader's own zone; a new address begins them anew."""
    words, local = desk.words, moment.astimezone(desk.zone)
    address = st.query_params.get("moment", "")[:MAX_MOMENT_CHARS]
    keys = {name: f"moment_{name}_{address}" for name in ("form", "day", "time")}
    st.session_state.setdefault(keys["day"], local.date())
    st.session_state.setdefault(keys["time"], local.time().replace(second=0, microsecond=0))
    with (
        st.form(keys["form"], border=False),
        st.container(key="moment_form", horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        day = st.date_input(words("moment.day"), None, key=keys["day"], format="YYYY-MM-DD", width=160)
        clock = st.time_input(words("moment.time"), None, key=keys["time"], step=60, width=130)
        asked = st.form_submit_button(words("moment.go"), type="primary")
        show("small", text=words("time.zone", zone=desk.zone))
    if asked and day and clock:
        _go(datetime.combine(day, clock, tzinfo=desk.zone), desk)
        st.rerun()


def _steps(desk: Desk, moment: datetime) -> None:
    """To the lists and decisions before and after. Buttons: a link to the open page leaves its address alone."""
    around = steps(desk.data, desk.name, moment)
    with st.container(key="moment_steps", horizontal=True, gap="small"):
        for name in STEPS:
            to: datetime | None = getattr(around, name)
            label = desk.words(f"moment.{name}")
            st.button(label, key=f"step_{name}", disabled=to is None, on_click=_go, args=(to or moment, desk))


def _list(desk: Desk, then: ListAt, now: ListAt) -> None:
    found = changes(desk.data, then, now)
    counts = [(name, int(pc.sum(found.column(flag)).as_py() or 0)) for name, flag in COUNTED.items()]
    incident = desk.incident
    closed = bool(incident and incident.closed_at and incident.closed_at <= then.moment)
    show("moment_head", words=desk.words, clock=desk.now(), then=then, counts=counts, closed=closed)
    if not then.merges_known:
        show("notice", kind="warn", title="", text=desk.words("moment.merges"), hint="")
    if not then.rows.num_rows:
        _empty(desk, then)
        return
    pages = -(-then.rows.num_rows // PAGE_ROWS)
    at = min(page_number(st.query_params.get("page", "1")), pages)
    rows = then.rows.slice((at - 1) * PAGE_ROWS, PAGE_ROWS).to_pylist()
    # the comparison begins with the claims of then, in their order
    moved = found.slice((at - 1) * PAGE_ROWS, len(rows)).to_pylist()
    _rows(desk, then, rows, moved)
    pager(desk, "moment", {"moment": named(then.moment)}, "page", at, pages)


def _rows(desk: Desk, then: ListAt, rows: list[dict[str, Any]], moved: list[dict[str, Any]]) -> None:
    said, rubric, rating = texts(desk.data, desk.name, rows), load_rubric(desk.data), rating_words(desk)
    clock = Clock.at(desk.words, desk.zone, None)
    with st.container(key="list", gap=None):
        for row, text, change in zip(rows, said, moved, strict=True):
            levels = then.decided.levels.get(row["claim_id"])
            with st.container(key=f"row{row['rank']}"):
                show(
                    "moment_row",
                    words=desk.words,
                    clock=clock,
                    row=row,
                    text=text and text[:EXEMPLAR_CHARS],
                    change=change | {"same": _same(change)},
                    harm=rubric.total("harm", levels) if levels else None,
                    rating=rating(row["rating"]) if row["rating"] else None,
                    assignee=desk.name_of(row["assignee"]) if row["assignee"] else None,
                )
                _link(desk, row, change)


def _same(change: Mapping[str, Any]) -> bool:
    return not (change["left_list"] or change["moved"] or change["decided"])


def _link(desk: Desk, row: Mapping[str, Any], change: Mapping[str, Any]) -> None:
    """To the claim as it is now, where there is one."""
    claim = change["became"] or (None if change["left_list"] else row["claim_id"])
    if claim:
        label = desk.words("list.open", rank=row["rank"])
        target = desk.address({"claim": claim})
        st.page_link(desk.pages["claim"], label=label, query_params=target, width="stretch")


def _empty(desk: Desk, then: ListAt) -> None:
    words, first = desk.words, first_shown(desk.data, desk.name)
    if then.shown:
        show("notice", kind="quiet", title=words("moment.gone"), text="", hint="")
        return
    hint = words("moment.before_hint", when=desk.now().exact(first)) if first else words("moment.never_hint")
    show("notice", kind="quiet", title=words("moment.before"), text="", hint=hint)
