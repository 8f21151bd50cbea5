"""Writing a correction: its lines in their languages, what is still open, and the way to the partners."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.ratings import rating_codes, rating_words
from dashboard.render import show
from dashboard.widgets.answering import answering
from dashboard.widgets.draft_lines import lines
from dashboard.widgets.draft_sources import sources
from dashboard.widgets.draft_talk import approval, remarks, versions
from dashboard.widgets.open_points import points
from pipeline.coalition import LANGUAGES
from pipeline.ledger.drafts import Draft
from pipeline.people import Act
from pipeline.vocabulary import ratings


def page(desk: Desk) -> None:
    """The draft that the address names."""
    words, draft_id = desk.words, st.query_params.get("draft")
    if not draft_id:
        show("notice", kind="quiet", title="", text=words("correction.no_draft"), hint="")
        return
    room = correct.room(desk)
    draft = room.draft(draft_id)
    title = draft.document.title(words.language) or words("correction.untitled")
    note = words(
        "correction.saved",
        version=draft.version,
        actor=desk.name_of(draft.actor),
        when=desk.now().age(draft.saved_at),
    )
    show("heading", text=title, note=note)
    _links(desk, draft)
    answering(desk, draft.claim_id)
    wide, side = st.columns([0.64, 0.36], gap="large")
    with wide:
        _frame(desk, draft)
        lines(desk, draft)
        sources(desk, draft)
    with side:
        open_ = points(desk, draft)
        approval(desk, draft, open_)
        remarks(desk, draft)
        versions(desk, draft)


def _links(desk: Desk, draft: Draft) -> None:
    with st.container(horizontal=True, gap="small"):
        st.page_link(
            desk.pages["corrections"], label=desk.words("correction.back"), query_params=desk.address()
        )
        if draft.claim_id:
            label = desk.words("correction.to_claim", claim=draft.claim_id)
            st.page_link(
                desk.pages["claim"], label=label, query_params=desk.address({"claim": draft.claim_id})
            )


def _frame(desk: Desk, draft: Draft) -> None:
    """Rating and languages of the whole text."""
    words, document = desk.words, draft.document
    may = desk.may(Act.DRAFT)
    called = rating_words(desk)
    codes = list(dict.fromkeys(["", *rating_codes(desk), document.rating or ""]))
    with st.container(key="frame", horizontal=True, gap="small", vertical_alignment="bottom"):
        rating = st.selectbox(
            words("decide.rating"),
            codes,
            index=codes.index(document.rating or ""),
            format_func=lambda value: called(value) if value else words("rating.unrated"),
            key=f"rating_{draft.draft_id}_{draft.version}",
            width=200,
            disabled=not may,
        )
        spoken = st.pills(
            words("correction.languages"),
            LANGUAGES,
            selection_mode="multi",
            default=list(document.languages),
            format_func=lambda value: words.of("speech", value),
            key=f"languages_{draft.draft_id}_{draft.version}",
            disabled=not may,
        )
    chosen = tuple(language for language in LANGUAGES if language in spoken) or document.languages
    if may and (rating or None, chosen) != (document.rating, document.languages):
        own = {word.code: dict(word.names) for word in ratings(desk.data)}.get(rating or "", {})
        correct.change(
            desk,
            draft.draft_id,
            lambda d: replace(d, rating=rating or None, rating_names=own, languages=chosen),
        )
        st.rerun()
