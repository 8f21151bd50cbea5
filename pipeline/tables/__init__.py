"""Every table that a stage writes or an analyst reads: its grain, its columns, and a sentence on each.

The sentences become ``comment on`` in the published warehouse, so this file is the data dictionary.
Columns marked ``personal`` can lead to a private person and are left out of partners' snapshots: texts, addresses,
authors' keys, and ids of posts, for a public post leads to who wrote it.
"""

from __future__ import annotations

from pipeline.schema import STRINGS, UTC_TIME, Column, Table
from pipeline.tables.claims import (
    CLAIM_ALIASES,
    CLAIM_MATCHES,
    CLAIM_MEMORY,
    CLAIM_POSTS,
    CLAIMS,
    TEXT_GROUPS,
    TEXT_MATCHES,
)
from pipeline.tables.decisions import MATCH_RULINGS, REVIEW_WORDS, TRIAGE, TRIAGE_EVENTS
from pipeline.tables.grouping import RULING_CONFLICTS
from pipeline.tables.lists import LIST_PLACES, SHOWN_LIST
from pipeline.tables.machine import CRAWLS, RUNS, STAGE_RUNS
from pipeline.tables.posts import NORMALIZED_POSTS, OBSERVATIONS, POSTS, TEXTS, VECTORS
from pipeline.tables.ranking import CLAIM_HOURS, RANK_SIGNALS, RANKED_CLAIMS
from pipeline.tables.reviews import CLAIM_REVIEWS, KNOWN_REVIEWS
from pipeline.tables.statements import RELEASES, SIGN_OFFS, STATEMENTS

__all__ = [
    "CLAIMS",
    "CLAIM_ALIASES",
    "CLAIM_HOURS",
    "CLAIM_MATCHES",
    "CLAIM_MEMORY",
    "CLAIM_POSTS",
    "CLAIM_REVIEWS",
    "CRAWLS",
    "DECIDED",
    "DERIVED",
    "KEPT",
    "KNOWN_REVIEWS",
    "LIST_PLACES",
    "MATCH_RULINGS",
    "NORMALIZED_POSTS",
    "OBSERVATIONS",
    "POSTS",
    "PUBLISHED",
    "RANKED_CLAIMS",
    "RANK_SIGNALS",
    "RECORDED",
    "RELEASES",
    "REVIEW_WORDS",
    "RULING_CONFLICTS",
    "RUNS",
    "SHOWN_LIST",
    "SIGN_OFFS",
    "STAGE_RUNS",
    "STATEMENTS",
    "STRINGS",
    "TEXTS",
    "TEXT_GROUPS",
    "TEXT_MATCHES",
    "TRIAGE",
    "TRIAGE_EVENTS",
    "UTC_TIME",
    "VECTORS",
    "Column",
    "Table",
]

DERIVED = (
    POSTS,
    NORMALIZED_POSTS,
    TEXTS,
    TEXT_GROUPS,
    TEXT_MATCHES,
    RULING_CONFLICTS,
    CLAIMS,
    CLAIM_POSTS,
    CLAIM_MATCHES,
    CLAIM_ALIASES,
    CLAIM_MEMORY,
    KNOWN_REVIEWS,
    CLAIM_REVIEWS,
    CLAIM_HOURS,
    RANKED_CLAIMS,
    RANK_SIGNALS,
)
"""Tables that a run makes: equal input, equal bytes."""

DECIDED = (TRIAGE, TRIAGE_EVENTS, MATCH_RULINGS, REVIEW_WORDS, STATEMENTS, SIGN_OFFS, RELEASES)
"""Copies of the ledger as of publishing."""

RECORDED = (CRAWLS, RUNS, STAGE_RUNS)
"""What the machine says of its own work."""

KEPT = (SHOWN_LIST, LIST_PLACES)
"""Beside the ledger, one file each per list that was shown: they cannot be made again."""

PUBLISHED = (*DERIVED, VECTORS, OBSERVATIONS, *DECIDED, *RECORDED)
"""Everything that an analyst finds in the warehouse."""
