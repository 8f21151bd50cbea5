"""Merges and splits that people ruled and the next run will carry out: they show at once, marked as pending."""

from __future__ import annotations

import streamlit as st

from dashboard import queries
from dashboard.desk import Desk
from pipeline.folding import NOTHING, Pending, fold, ruled_posts
from pipeline.records import MatchRuling

__all__ = ["Pending", "pending"]


def pending(desk: Desk, file: str) -> Pending:
    """Rulings that stand, laid over the published groups."""
    rulings = desk.ledger().rulings(desk.name)
    if not rulings:
        return NOTHING
    last = rulings[-1]
    return _pending(file, f"{len(rulings)} {last.ruling_id} {last.decided_at.isoformat()}", rulings)


@st.cache_resource(max_entries=32, show_spinner=False)
def _pending(file: str, version: str, _rulings: list[MatchRuling]) -> Pending:
    return fold(_rulings, queries.claims_of_posts(file, ruled_posts(_rulings)))
