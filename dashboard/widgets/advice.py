"""Answer, get ready, or say nothing: advice with its reasons, and the way to a draft."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from dashboard import correct, queries
from dashboard.desk import Desk
from dashboard.render import show
from pipeline.correction.advice import Advised, advise, thresholds
from pipeline.ledger.assessments import Assessments
from pipeline.people import Act
from pipeline.rubric import load_rubric

HIGHEST_HARM = 3


def advice(desk: Desk, file: str, claim_id: str) -> None:
    """What the thresholds suggest for this claim, its drafts, and the link to a new one."""
    words = desk.words
    show("advice", words=words, advised=advised(desk, file, claim_id))
    for draft in correct.room(desk).drafts(desk.name, claim_id):
        label = words("correction.version_n", n=draft.version)
        title = draft.document.title(words.language) or words("correction.untitled")
        address = desk.address({"draft": draft.draft_id})
        st.page_link(desk.pages["correction"], label=f"{_plain(title)} · {label}", query_params=address)
    if desk.may(Act.DRAFT):
        address = desk.address({"claim": claim_id})
        st.page_link(desk.pages["corrections"], label=words("correction.draft_it"), query_params=address)


def advised(desk: Desk, file: str, claim_id: str) -> Advised:
    """The advice from the published claim and the partners' assessment of harm."""
    seen = replace(queries.exposure(file, claim_id), harm=_harm(desk, claim_id))
    return advise(seen, thresholds())


def _harm(desk: Desk, claim_id: str) -> int | None:
    """Harm as people assessed it, brought to 0 to 3; None when nobody did."""
    found = Assessments(desk.data.ledger, read_only=True).of(desk.name, claim_id)
    total = load_rubric(desk.data).total("harm", found.levels) if found else None
    return round(HIGHEST_HARM * total[0] / total[1]) if total and total[1] else None


def _plain(text: str) -> str:
    """A label that Markdown cannot read as anything else."""
    return "".join(c if c.isalnum() or c in " ，。、：" else " " for c in text)[:60]
