"""The switch of the reading aid: as written, 简体, 繁體. It stands in the address, so it stays from claim to claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from dashboard.address import AIDS, ListView
from dashboard.desk import Desk


def reading_aid(desk: Desk, view: ListView, more: Mapping[str, str] | None = None) -> None:
    """One click there, one click back; ``more`` is what else the address holds."""
    words = desk.words
    st.session_state["v_read"] = view.read
    st.segmented_control(
        words("look.read"),
        ["", *AIDS],
        key="v_read",
        format_func=lambda aid: words(f"look.{aid}") if aid else words("look.as_written"),
        required=True,
        on_change=_changed,
        args=(desk, view, dict(more or {})),
        label_visibility="collapsed",
    )


def _changed(desk: Desk, view: ListView, more: dict[str, str]) -> None:
    told = replace(view, read=str(st.session_state.get("v_read") or ""))
    st.query_params.from_dict(desk.address({**more, **told.params()}))
