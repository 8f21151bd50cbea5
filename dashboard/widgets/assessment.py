"""Harm and reach by the rubric: a person answers a few questions; the machine answers none."""

from __future__ import annotations

import streamlit as st

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.told import tell
from pipeline.errors import StaleVersion
from pipeline.ledger.assessments import MAX_REASON_CHARS, Assessment, Assessments
from pipeline.people import Act
from pipeline.rubric import Question, Rubric, load_rubric


def assessment(desk: Desk, claim_id: str) -> None:
    """How the claim stands by the rubric, and the form to assess it."""
    words, rubric = desk.words, load_rubric(desk.data)
    now = Assessments(desk.data.ledger, read_only=True).of(desk.name, claim_id)
    harm, reach = (rubric.total(part, now.levels) if now else None for part in ("harm", "reach"))
    by = desk.name_of(now.actor) if now else ""
    show("assessment", words=words, clock=desk.now(), now=now, harm=harm, reach=reach, by=by)
    if not desk.may(Act.TRIAGE):
        return
    with st.expander(words("assess.open"), key=f"assess_{claim_id}"):
        _form(desk, claim_id, rubric, now)
        mine = now if now and now.actor == desk.actor else None
        label = words("assess.take_back")
        if mine and st.button(label, key=f"unassess_{mine.event_id}", type="tertiary"):
            desk.require(Act.TRIAGE)
            Assessments(desk.data.ledger).take_back(desk.name, mine.event_id, actor=desk.actor)
            st.rerun()


def _form(desk: Desk, claim_id: str, rubric: Rubric, now: Assessment | None) -> None:
    words = desk.words
    mark = f"{claim_id}_{now.event_id if now else 0}"
    with st.form(f"assess_form_{mark}", border=False, enter_to_submit=False):
        answers = {
            q.id: _question(desk, q, now.levels.get(q.id) if now else None, mark) for q in rubric.questions
        }
        reason = st.text_area(
            words("assess.reason"),
            value=now.reason if now else "",
            max_chars=MAX_REASON_CHARS,
            height=70,
            key=f"assess_why_{mark}",
        )
        show("small", text=words("assess.sources"))
        saved = st.form_submit_button(words("assess.save"))
    levels = {name: level for name, level in answers.items() if level is not None}
    if not saved:
        return
    if not levels:
        show("small", text=words("assess.nothing"))
        return
    desk.require(Act.TRIAGE)
    try:
        Assessments(desk.data.ledger).assess(
            desk.name,
            claim_id,
            levels,
            rubric=rubric,
            actor=desk.actor,
            reason=reason,
            seen=now.event_id if now else 0,
        )
    except StaleVersion:
        tell(words("assess.stale"))
    st.rerun()


def _question(desk: Desk, question: Question, level: int | None, mark: str) -> int | None:
    words = desk.words
    language = words.language
    own = question.names.get(language)
    levels = list(range(question.lowest, question.highest + 1))

    def told(value: int) -> str:
        if own:
            return f"{value} · {own[value - question.lowest]}"
        return words.of("assess", f"level_{value}") if question.highest <= 2 else str(value)

    key = f"q_{question.id}_{mark}"
    if own:
        return st.selectbox(
            question.text[language],
            levels,
            index=levels.index(level) if level in levels else None,
            format_func=told,
            key=key,
            placeholder="–",
        )
    return st.segmented_control(question.text[language], levels, default=level, format_func=told, key=key)
