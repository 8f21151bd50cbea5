"""A statement in circulation: the exact texts, who answered what, and what may happen next."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.releases import released
from dashboard.widgets.slips import show_slip, tried
from pipeline.correction.consensus import NO_CONSENSUS, Answer, Phase, Standing
from pipeline.ledger.statements import Statement
from pipeline.people import Act


def page(desk: Desk) -> None:
    """The statement that the address names."""
    words, statement_id = desk.words, st.query_params.get("statement")
    if not statement_id:
        show("notice", kind="quiet", title="", text=words("statement.none"), hint="")
        return
    room = correct.room(desk)
    held = room.statement(statement_id)
    standing = room.standing(held, datetime.now(UTC))
    document = held.document
    title = document.title(words.language) or document.title(document.languages[0])
    show("heading", text=title, note=words("statement.frozen", digest=held.digest[:16]))
    _links(desk, held)
    show_slip(desk)
    releases = room.releases(statement_id=held.statement_id)
    _phase(desk, held, standing, joint=any(r.as_partner is None for r in releases))
    wide, side = st.columns([0.62, 0.38], gap="large")
    with wide:
        show("statement_texts", words=words, document=document)
    with side:
        given = room.answers(held)
        show(
            "answers",
            words=words,
            clock=desk.now(),
            held=held,
            given=given,
            coalition=desk.coalition,
            called=desk.name_of,
        )
        if not held.voided_at and not any(r.as_partner is None for r in releases):
            _answer(desk, held)
            _release(desk, held, standing)
        for release in releases:
            released(desk, release)


def _links(desk: Desk, held: Statement) -> None:
    words = desk.words
    with st.container(horizontal=True, gap="small"):
        st.page_link(desk.pages["corrections"], label=words("correction.back"), query_params=desk.address())
        address = desk.address({"draft": held.draft_id})
        st.page_link(desk.pages["correction"], label=words("statement.to_draft"), query_params=address)


def _phase(desk: Desk, held: Statement, standing: Standing, *, joint: bool) -> None:
    """Where it stands, in one sentence."""
    words, clock = desk.words, desk.now()
    if joint:
        show("notice", kind="info", title="", text=words("statement.is_released"), hint="")
    elif held.voided_at:
        told = words(
            "statement.voided", actor=desk.name_of(held.voided_by or ""), when=clock.age(held.voided_at)
        )
        show("notice", kind="warn", title="", text=told, hint=words("statement.voided_hint"))
    else:
        told = words(f"phase.{standing.phase.value}", when=clock.age(held.deadline_at))
        kind = {Phase.AGREED: "info", Phase.OPEN: "info"}.get(standing.phase, "warn")
        show(
            "notice",
            kind=kind,
            title="",
            text=told,
            hint=words("statement.deadline", when=clock.absolute(held.deadline_at)),
        )


def _answer(desk: Desk, held: Statement) -> None:
    """The form of whoever answers for a partner."""
    words = desk.words
    partner = desk.partner
    if partner not in held.partners or not desk.may(Act.SIGN):
        show("small", text=words("statement.not_asked"))
        return
    with st.form("answer", border=False):
        answer = st.radio(
            words("statement.your_answer", partner=desk.coalition.partner(partner).name(words.language)),
            [answer.value for answer in Answer],
            format_func=lambda value: words.of("answer", value),
            key="answer_choice",
        )
        reason = st.text_area(words("statement.reason"), max_chars=4_000, height=80, key="answer_reason")
        signed = st.form_submit_button(words("statement.sign"), type="primary")
    if signed:
        by = correct.hand(desk, Act.SIGN)
        tried(desk, lambda: correct.room(desk, write=True).answer(held, Answer(answer), by, reason=reason))


def _release(desk: Desk, held: Statement, standing: Standing) -> None:
    """Together where all agree; alone where they do not and this partner consented."""
    words, partner = desk.words, desk.partner
    if standing.phase is Phase.AGREED and st.button(
        words("statement.release"), type="primary", key="release", disabled=not desk.may(Act.RELEASE)
    ):
        tried(desk, lambda: correct.room(desk, write=True).release(held, correct.hand(desk, Act.RELEASE)))
    if standing.phase in NO_CONSENSUS and partner in standing.consenting:
        show("small", text=words("statement.alone_hint"))
        if st.button(words("statement.release_alone"), key="release_alone"):
            act = Act.RELEASE if desk.may(Act.RELEASE) else Act.SIGN
            tried(desk, lambda: correct.room(desk, write=True).release_alone(held, correct.hand(desk, act)))
