"""What keeps a draft back, point by point; a hit of a bright line or a disagreement can be explained."""

from __future__ import annotations

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.render import show
from pipeline.correction.review import Point, open_points
from pipeline.ledger.drafts import Draft, Remark
from pipeline.people import Act


def points(desk: Desk, draft: Draft) -> list[Point]:
    """Show the open points and return them."""
    words, room = desk.words, correct.room(desk)
    found = open_points(draft.document, room.bright_lines(), room.explained(draft.draft_id))
    parts = {line.line_id: line.part.value for line in draft.document.lines}
    show(
        "open_points",
        words=words,
        told=[(point, sentence(desk, point), parts.get(point.line_id or "")) for point in found],
    )
    explainable = {p.mark: p for p in found if p.mark}
    if explainable and desk.may(Act.NOTE):
        _explain(desk, draft, explainable)
    return found


def sentence(desk: Desk, point: Point) -> str:
    """The point in words."""
    values = dict(point.values)
    if "partner" in values:
        known = {p.id: p.name(desk.words.language) for p in desk.coalition.partners}
        values["partner"] = known.get(values["partner"], values["partner"])
    if "than" in values:
        values["than"] = desk.words.of("speech", values["than"])
    language = desk.words.of("speech", point.language) if point.language else ""
    return desk.words(f"point.{point.kind}", language=language, **values)


def _explain(desk: Desk, draft: Draft, explainable: dict[str, Point]) -> None:
    words = desk.words
    with st.form(f"explain_{len(explainable)}_{draft.version}", border=False):
        mark = st.selectbox(
            words("correction.explain_which"),
            list(explainable),
            format_func=lambda value: sentence(desk, explainable[value]),
        )
        why = st.text_input(words("correction.explain_why"), max_chars=1_000)
        if st.form_submit_button(words("correction.explain")) and why.strip():
            by = correct.hand(desk, Act.NOTE)
            correct.room(desk, write=True).remark(draft, Remark.EXPLANATION, by, about=mark, body=why)
            st.rerun()
