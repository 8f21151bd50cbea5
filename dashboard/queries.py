"""What the pages read from the published warehouse: read-only, cached, every row a typed record.

Each question is a file in ``sql/``. Caches are keyed by the resolved warehouse file, so a new publishing shows
at once; connections are never shared by threads, only their cursors are taken, one per call.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import streamlit as st

from dashboard import rows as r
from pipeline.correction.advice import Exposure
from pipeline.duck import connect_published
from pipeline.errors import StoreError
from pipeline.folding import Place
from pipeline.normalize import match_form
from pipeline.paths import DataDir

EXEMPLAR_CHARS = 600
POST_CHARS = 2_000
WHOLE_CHARS = 100_000
POST_ROWS = 20
VARIANT_ROWS = 60
VARIANT_CHARS = 400
MATCH_ROWS = 20
ANCHORS = 8
CRAWL_ROWS = 100

_SQL = Path(__file__).resolve().parent / "sql"


def published_file(data: DataDir, incident: str) -> str | None:
    """The warehouse file that is current now, None when nothing was published yet."""
    target = data.published(incident).resolve()
    return str(target) if target.is_file() else None


@cache
def _statement(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


@st.cache_resource(max_entries=8, show_spinner=False)
def _connection(file: str) -> duckdb.DuckDBPyConnection:
    return connect_published(Path(file))


@contextlib.contextmanager
def _asked(file: str, name: str, values: dict[str, Any]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor that has run ``sql/<name>.sql``."""
    cursor = _connection(file).cursor()
    try:
        yield cursor.execute(_statement(name), values or None)
    except duckdb.Error as error:
        raise StoreError(
            f"{Path(file).name}: question {name} failed ({error}); publish again with: chengqing run",
            code="warehouse_unreadable",
        ) from error
    finally:
        cursor.close()


def _ask(file: str, name: str, **values: object) -> list[dict[str, Any]]:
    """Rows of ``sql/<name>.sql`` as dictionaries."""
    with _asked(file, name, values) as cursor:
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@st.cache_data(max_entries=16, show_spinner=False)
def overview(file: str) -> r.Overview:
    """How much there is, and the moment that the ranking speaks about."""
    return r.Overview(**_ask(file, "overview")[0])


@st.cache_data(max_entries=16, show_spinner=False)
def choices(file: str) -> dict[str, list[str]]:
    """Platforms and scripts to filter by, the most frequent first."""
    found: dict[str, list[str]] = {"platform": [], "script": []}
    for row in _ask(file, "choices"):
        found[row["kind"]].append(row["name"])
    return found


@st.cache_resource(max_entries=32, show_spinner=False)
def chosen(
    file: str,
    platform: str = "",
    script: str = "",
    place: str = "",
    text: str = "",
    active_since: datetime | None = None,
    new_since: datetime | None = None,
) -> tuple[str, ...]:
    """Ids of the claims that pass the filters, best first. Shared and immutable: a copy per rerun costs more."""
    told = {
        "platform": platform or None,
        "script": script or None,
        "text": text or None,
        "matched": (match_form(text) or None) if text else None,
        "placed": (match_form(place) or None) if place else None,
        "active_since": active_since,
        "new_since": new_since,
    }
    values = told if any(told.values()) else {}
    with _asked(file, "chosen_claims" if values else "ranked_ids", values) as cursor:
        return tuple(claim for (claim,) in cursor.fetchall())


@st.cache_data(max_entries=256, show_spinner=False)
def cards(file: str, ids: Sequence[str]) -> list[r.ClaimCard]:
    """The claims called ``ids``, best first."""
    return [r.ClaimCard(**row) for row in _ask(file, "claim_cards", ids=list(ids), most=EXEMPLAR_CHARS)]


@st.cache_data(max_entries=256, show_spinner=False)
def hours(file: str, ids: Sequence[str], since: datetime | None = None) -> dict[str, list[r.Hour]]:
    """Posts per hour of each claim, hours without posts left out."""
    found: dict[str, list[r.Hour]] = {claim: [] for claim in ids}
    for row in _ask(file, "claim_hours", ids=list(ids), since=since):
        found[row.pop("claim_id")].append(r.Hour(**row))
    return found


@st.cache_data(max_entries=512, show_spinner=False)
def resolve(file: str, claim_id: str) -> str | None:
    """The claim that ``claim_id`` is or became, None when no such claim is known."""
    found = _ask(file, "resolved_claim", claim_id=claim_id)
    return found[0]["claim_id"] if found else None


@st.cache_data(max_entries=256, show_spinner=False)
def rank_row(file: str, claim_id: str) -> dict[str, Any]:
    """Every column of the claim's row in ``ranked_claims``."""
    return _ask(file, "rank_reasons", claim_id=claim_id)[0]


@st.cache_data(max_entries=64, show_spinner=False)
def rank_rows(file: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Rows of ``ranked_claims`` by claim."""
    return {row["claim_id"]: row for row in _ask(file, "rank_rows", ids=list(ids))}


@st.cache_data(max_entries=256, show_spinner=False)
def known_rows(file: str, ids: Sequence[str]) -> dict[tuple[str, str], str | None]:
    """By (claim, review): the verdict of now of every published review that may be about one of these claims."""
    found = _ask(file, "known_rows", ids=list(ids))
    return {(row["claim_id"], row["review_id"]): row["rating"] for row in found}


@st.cache_data(max_entries=256, show_spinner=False)
def roles(file: str, claim_id: str) -> dict[str, int]:
    """Posts by role, and how many ask."""
    return {row["role"]: row["posts"] for row in _ask(file, "claim_roles", claim_id=claim_id)}


@st.cache_data(max_entries=256, show_spinner=False)
def posts(file: str, claim_id: str, role: str, page: int, newest: bool) -> list[r.PostCard]:
    """One page of a claim's posts; ``role`` empty means all."""
    values = {"role": role or None, "newest": newest, "rows": POST_ROWS, "start": (page - 1) * POST_ROWS}
    found = _ask(file, "claim_posts", claim_id=claim_id, most=POST_CHARS, **values)
    return [r.PostCard(**row) for row in found]


def whole_text(file: str, post_id: str) -> str:
    """A post's text up to ``WHOLE_CHARS``; not cached, it may be large."""
    found = _ask(file, "post_text", post_id=post_id, most=WHOLE_CHARS)
    return str(found[0]["text"] or "") if found else ""


@st.cache_data(max_entries=256, show_spinner=False)
def variants(file: str, claim_id: str) -> list[r.Variant]:
    """The claim's wordings, distinct after normalization, the most frequent first."""
    found = _ask(file, "claim_variants", claim_id=claim_id, most=VARIANT_CHARS, rows=VARIANT_ROWS)
    return [r.Variant(**row) for row in found]


@st.cache_data(max_entries=256, show_spinner=False)
def matches(file: str, claim_id: str) -> list[r.Match]:
    """Claims that may be the same, the nearest first."""
    found = _ask(file, "claim_matches", claim_id=claim_id, most=EXEMPLAR_CHARS, rows=MATCH_ROWS)
    return [r.Match(**row) for row in found]


@st.cache_data(max_entries=256, show_spinner=False)
def reviews(file: str, claim_id: str) -> list[r.Reviewed]:
    """Published reviews that may be about the claim, trusted publishers' first, then the likest."""
    return [r.Reviewed(**row) for row in _ask(file, "claim_reviews", claim_id=claim_id)]


def posts_among(file: str, claim_id: str, post_ids: Sequence[str]) -> set[str]:
    """Those of ``post_ids`` that belong to the claim."""
    if not post_ids:
        return set()
    return {row["post_id"] for row in _ask(file, "posts_in_claim", claim_id=claim_id, posts=list(post_ids))}


def claims_of_posts(file: str, post_ids: Sequence[str]) -> dict[str, Place]:
    """The claim of each of these posts; unknown posts are left out."""
    if not post_ids:
        return {}
    found = _ask(file, "claims_of_posts", posts=list(post_ids))
    return {row["post_id"]: Place(row["rank"], row["claim_id"]) for row in found}


def merged_preview(file: str, ids: Sequence[str]) -> r.Preview:
    """What these claims would be as one."""
    found = _ask(file, "claim_preview", ids=list(ids), wordings=[], within=None)
    return r.Preview(**found[0])


def split_preview(file: str, claim_id: str, wordings: Sequence[str]) -> tuple[r.Preview, r.Preview]:
    """What would stay of a claim, and what would leave with these wordings."""
    stays, leaves = (
        r.Preview(**_ask(file, "claim_preview", ids=[claim_id], wordings=list(wordings), within=within)[0])
        for within in (False, True)
    )
    return stays, leaves


@st.cache_data(max_entries=512, show_spinner=False)
def anchors(file: str, claim_id: str) -> tuple[str, ...]:
    """Posts that find the claim again when ids have to be rebuilt."""
    return tuple(row["post_id"] for row in _ask(file, "anchor_posts", claim_id=claim_id, rows=ANCHORS))


@st.cache_data(max_entries=16, show_spinner=False)
def crawls(file: str) -> list[r.Crawl]:
    """Crawls and imports as of publishing, the newest first."""
    return [r.Crawl(**row) for row in _ask(file, "crawls", rows=CRAWL_ROWS)]


@st.cache_data(max_entries=256, show_spinner=False)
def exposure(file: str, claim_id: str) -> Exposure:
    """How far a claim went; harm is for people to assess and stays None."""
    return Exposure(**_ask(file, "claim_exposure", claim_id=claim_id)[0])
