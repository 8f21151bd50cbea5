"""Drafts, statements in circulation and releases of an incident: what waits for whom."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.render import show
from dashboard.widgets.answering import answering
from pipeline.correction.consensus import Phase
from pipeline.correction.templates import templates
from pipeline.ledger.drafts import Draft
from pipeline.ledger.statements import Release, Statement
from pipeline.people import Act


def page(desk: Desk) -> None:
    """A list in the order of urgency: to answer, in circulation, drafts, released."""
    words = desk.words
    if desk.incident is None:
        show("notice", kind="quiet", title="", text=words("correction.no_incident"), hint="")
        return
    show("heading", text=words("correction.list_title"), note=words("correction.list_note"))
    room = correct.room(desk)
    answering(desk, st.query_params.get("claim"))
    _begin(desk)
    releases = room.releases(desk.name)
    out = {release.statement_id for release in releases if release.as_partner is None}
    held = [s for s in room.statements(desk.name) if not s.voided_at and s.statement_id not in out]
    _statements(desk, held)
    circulating = {s.draft_id for s in held}
    done = {s.draft_id for s in room.statements(desk.name) if s.statement_id in out}
    _drafts(desk, [d for d in room.drafts(desk.name) if d.draft_id not in circulating | done])
    _releases(desk, releases)


def _begin(desk: Desk) -> None:
    words = desk.words
    with st.container(key="begin", horizontal=True, vertical_alignment="bottom", gap="small"):
        names = {t.id: t.names[words.language] for t in templates()}
        situation = st.selectbox(
            words("correction.situation"),
            list(names),
            format_func=names.__getitem__,
            width=280,
            key="situation",
        )
        claim = st.query_params.get("claim")
        label = words("correction.begin_claim" if claim else "correction.begin")
        if st.button(label, type="primary", key="begin_draft", disabled=not desk.may(Act.DRAFT)):
            draft = correct.start(desk, situation, claim, st.query_params.get("follows"))
            st.switch_page(desk.pages["correction"], query_params=desk.address({"draft": draft.draft_id}))
        st.page_link(
            desk.pages["perspectives"], label=words("correction.perspectives"), query_params=desk.address()
        )


def _statements(desk: Desk, held: list[Statement]) -> None:
    words, ledger = desk.words, correct.room(desk)
    show("section", title=words("correction.circulating"))
    if not held:
        show("small", text=words("correction.none_circulating"))
    partner = desk.partner
    for statement in held:
        standing = ledger.standing(statement, datetime.now(UTC))
        mine = partner in standing.waiting and standing.phase is Phase.OPEN
        row = {"standing": standing, "coalition": desk.coalition, "mine": mine}
        _row(desk, "statement", statement.statement_id, statement, **row)


def _drafts(desk: Desk, drafts: list[Draft]) -> None:
    show("section", title=desk.words("correction.drafts"))
    if not drafts:
        show("small", text=desk.words("correction.none_drafts"))
    for draft in drafts:
        _row(desk, "draft", draft.draft_id, draft, called=desk.name_of)


def _releases(desk: Desk, releases: list[Release]) -> None:
    show("section", title=desk.words("correction.released"))
    if not releases:
        show("small", text=desk.words("correction.none_released"))
    for release in releases:
        _row(desk, "release", release.release_id, release, coalition=desk.coalition)


def _row(desk: Desk, kind: str, key: str, held: Draft | Statement | Release, **values: object) -> None:
    """One thing of the list, and the link to its page: a draft has its own, the others share one."""
    title = _title(held, desk.words.language)
    target, given = (
        ("correction", {"draft": held.draft_id})
        if isinstance(held, Draft)
        else ("statement", {"statement": held.statement_id})
    )
    with st.container(key=f"incident_{key}"):
        show(f"{kind}_row", words=desk.words, clock=desk.now(), title=title, **{kind: held}, **values)
        st.page_link(desk.pages[target], label=title, query_params=desk.address(given))


def _title(held: Draft | Statement | Release, language: str) -> str:
    """The title in the reader's language, else in any; the id while there is none."""
    document = held.document
    near = (language, *document.languages)
    fallback = held.draft_id if isinstance(held, Draft) else held.statement_id
    return next((title for one in near if (title := document.title(one))), fallback)
