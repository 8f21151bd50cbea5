"""Copies of what partners said together, as of publishing."""

from __future__ import annotations

from pipeline.schema import STRINGS, Column, Table
from pipeline.schema import count_column as _count
from pipeline.schema import key_column as _key
from pipeline.schema import text_column as _text
from pipeline.schema import time_column as _time

STATEMENTS = Table(
    "statements",
    "one row per text that was circulated among the partners.",
    (
        _key("statement_id", "the statement"),
        _text("claim_id", "the claim that it answers"),
        _key("draft_id", "the draft that it was made of"),
        _count("draft_version", "which version of it"),
        _key("digest", "SHA-256 of the exact text that partners were shown"),
        _text("title", "title in English, else in its first language"),
        _text("rating", "the rating that it states"),
        Column("languages", STRINGS, "languages of the text"),
        _key("author_partner", "partner that drafted it"),
        _time("circulated_at", "when partners were asked (UTC)"),
        _time("deadline_at", "until when (UTC)"),
        _time("voided_at", "when an edit voided the answers (UTC); null while they hold"),
    ),
)

SIGN_OFFS = Table(
    "sign_offs",
    "one row per partner that answered to a statement: its last answer to those exact bytes.",
    (
        _key("statement_id", "the statement"),
        _key("partner", "the partner"),
        _key("answer", "consent, reservations, aside or block"),
        _text("reason", "why, in the partner's words"),
        _key("actor", "who answered for it"),
        _time("decided_at", "when (UTC)"),
    ),
)

RELEASES = Table(
    "releases",
    "one row per released statement, withdrawn ones too.",
    (
        _key("release_id", "the release"),
        _key("statement_id", "the statement whose bytes it has"),
        _text("claim_id", "the claim that it answers"),
        _text("as_partner", "partner that speaks alone; null for a joint statement"),
        Column("signers", STRINGS, "partners that consented"),
        _time("released_at", "when (UTC)"),
        _time("withdrawn_at", "when it was taken back (UTC)"),
        _text("withdrawn_because", "why"),
    ),
)
