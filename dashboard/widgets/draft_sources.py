"""What a draft stands on: its sources, and the form for one more."""

from __future__ import annotations

import streamlit as st

from dashboard import correct
from dashboard.desk import Desk
from dashboard.refusals import refusal, show_refusal
from dashboard.render import show
from pipeline.correction.document import add_source
from pipeline.errors import DraftError
from pipeline.ledger.drafts import Draft
from pipeline.people import Act

_LONGEST = 2_000


def sources(desk: Desk, draft: Draft) -> None:
    """The numbered list, and the form."""
    words = desk.words
    show("draft_sources", words=words, sources=draft.document.sources)
    if not desk.may(Act.DRAFT):
        return
    with st.form(f"source_{len(draft.document.sources)}", border=False, clear_on_submit=False):
        url = st.text_input(words("correction.source_url"), max_chars=_LONGEST, placeholder="https://")
        title = st.text_input(words("correction.source_title"), max_chars=300)
        quote = st.text_area(words("correction.source_quote"), max_chars=_LONGEST, height=80)
        if st.form_submit_button(words("correction.add_source")):
            try:
                correct.change(
                    desk, draft.draft_id, lambda document: add_source(document, url.strip(), title, quote)
                )
            except DraftError as error:
                show_refusal(words, refusal(error, words, desk))
                return
            st.rerun()
