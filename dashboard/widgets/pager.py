"""Links to the page before and after: real addresses, so they can be opened in a tab or sent to a colleague."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.desk import Desk
from dashboard.render import show


def pager(desk: Desk, page: str, params: Mapping[str, str], name: str, now: int, pages: int) -> None:
    """Previous, place, next; nothing when all fits on one page. ``name`` is the parameter that counts."""
    if pages <= 1:
        return
    with st.container(
        key=f"pager_{name}", horizontal=True, horizontal_alignment="center", vertical_alignment="center"
    ):
        _step(desk, page, params, name, now - 1, "list.previous", enabled=now > 1)
        show("small", text=f"{now:,} / {pages:,}")
        _step(desk, page, params, name, now + 1, "list.next", enabled=now < pages)


def _step(
    desk: Desk, page: str, params: Mapping[str, str], name: str, to: int, key: str, *, enabled: bool
) -> None:
    target = desk.address({**params, name: str(max(1, to))})
    st.page_link(desk.pages[page], label=desk.words(key), query_params=target, disabled=not enabled)
