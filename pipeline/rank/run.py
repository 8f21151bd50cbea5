"""From claims to a list: the signals of ``sql/signals``, fused by ``sql/stages/ranked_claims.sql``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.duck import connect_memory
from pipeline.numbered import whole
from pipeline.rank.content import content
from pipeline.rank.signals import weights_table
from pipeline.remembered import Remembered
from pipeline.statements import statement
from pipeline.tables import CLAIM_HOURS, CLAIM_MATCHES, CLAIM_REVIEWS, RANK_SIGNALS, RANKED_CLAIMS

SIGNAL_FILES = ("members", "voices", "rhythm", "volume", "spread", "engagement", "speech", "kinship")
"""In this order: a later one may read an earlier one."""

_EXEMPLARS = pa.schema([("claim_id", pa.string()), ("text_key", pa.string())])
_TEXTS = pa.schema([("text_key", pa.string()), ("match_text", pa.string())])
_ASSESSED = pa.schema([("claim_id", pa.string()), ("harm", pa.float64())])
_REACTIONS = pa.schema([("claim_id", pa.string()), ("reactions", pa.float64())])


@dataclass(frozen=True, slots=True)
class RankConfig:
    """Parameters of the ranking."""

    window_minutes: int = 180
    """Length of "recent": an hour is too short for a claim of three posts, a day too long for a rumor."""
    scale: float = 1000.0
    """Makes points readable: the best place of a signal of weight 1 is worth 16.393."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Weights other than those of ``SIGNALS``: learned from staff's triage."""
    linear: bool = False
    """Points grow with the percentile instead of the reciprocal place: what learned weights are made for."""


@dataclass(frozen=True, slots=True)
class RankInputs:
    """What the ranking knows beside posts and claims; without it, the signals that need it are not there."""

    exemplars: pa.Table = field(default_factory=lambda: _EXEMPLARS.empty_table())
    """(claim_id, text_key of its exemplar)"""
    texts: pa.Table = field(default_factory=lambda: _TEXTS.empty_table())
    """(text_key, match_text)"""
    claim_matches: pa.Table = field(default_factory=lambda: CLAIM_MATCHES.schema.empty_table())
    claim_reviews: pa.Table = field(default_factory=lambda: CLAIM_REVIEWS.schema.empty_table())
    """Published reviews that may be about a claim."""
    taken_up: Sequence[str] = ()
    """Ids of claims that people took up: in review, answered, watched or known before."""
    assessed: Mapping[str, float] = field(default_factory=dict)
    """What people answered to the rubric's questions on harm, as a share of the most; it counts instead of words."""
    words: Sequence[str] = ()
    """The incident's places, names and words."""
    reactions: pa.Table = field(default_factory=lambda: _REACTIONS.empty_table())
    """(claim_id, reactions): how much the reactions to it sound like those to claims that staff took up, 0 to 1."""
    remembered: Remembered | None = None
    """What earlier runs read out of exemplars (``CONTENT``)."""


def rank(
    posts: pa.Table,
    claim_posts: pa.Table,
    as_of: datetime,
    config: RankConfig | None = None,
    inputs: RankInputs | None = None,
) -> dict[str, pa.Table]:
    """Return ``ranked_claims``, ``claim_hours`` and ``rank_signals`` from what was posted by ``as_of``."""
    config, inputs = config or RankConfig(), inputs or RankInputs()
    weights = weights_table(config.weights)
    hours, ranked = _ranked(posts, claim_posts, as_of, config, inputs, weights)
    return {
        CLAIM_HOURS.name: CLAIM_HOURS.conform(hours),
        RANKED_CLAIMS.name: RANKED_CLAIMS.conform(ranked),
        RANK_SIGNALS.name: weights,
    }


def _ranked(
    posts: pa.Table,
    claim_posts: pa.Table,
    as_of: datetime,
    config: RankConfig,
    inputs: RankInputs,
    weights: pa.Table,
) -> tuple[pa.Table, pa.Table]:
    """``claim_hours`` and ``ranked_claims``: all signals in one connection, each result kept for the next."""
    ids = _numbered(claim_posts)
    values = {"as_of": as_of, "window_minutes": config.window_minutes}
    given = {
        "said": _said(posts, claim_posts, ids),
        "claim_ids": ids,
        "claim_matches": inputs.claim_matches,
        "claim_reviews": inputs.claim_reviews.select(["claim_id", "similarity"]),
        "taken_up": pa.table({"claim_id": pa.array(sorted(inputs.taken_up), pa.string())}),
        "content": content(inputs.exemplars, inputs.texts, inputs.words, inputs.remembered),
        "assessed": _table(inputs.assessed),
        "weights": weights,
        "reactions": inputs.reactions,
    }
    connection = connect_memory()
    try:
        for name, table in given.items():
            connection.register(name, table)
        for name in SIGNAL_FILES:
            text = statement(f"signals/{name}")
            wanted = {key: value for key, value in values.items() if f"${key}" in text}
            connection.sql(text, params=wanted).create(name)
        last = {"as_of": as_of, "scale": config.scale, "linear": config.linear}
        hours = connection.sql(statement("stages/claim_hours")).to_arrow_table()
        return hours, connection.sql(statement("stages/ranked_claims"), params=last).to_arrow_table()
    finally:
        connection.close()


def _table(assessed: Mapping[str, float]) -> pa.Table:
    rows = [{"claim_id": claim, "harm": round(share, 6)} for claim, share in sorted(assessed.items())]
    return pa.Table.from_pylist(rows, schema=_ASSESSED)


def _numbered(claim_posts: pa.Table) -> pa.Table:
    ids = pc.unique(claim_posts.column("claim_id"))
    if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        ids = ids.sort()
    return pa.table({"claim_id": ids, "claim_no": pa.array(range(len(ids)), pa.int32())})


def _said(posts: pa.Table, claim_posts: pa.Table, ids: pa.Table) -> pa.Table:
    """Posts of claims with what is known of each: rows found by Arrow, which is faster than a join of strings."""
    place = pc.index_in(claim_posts.column("post_id"), value_set=whole(posts.column("post_id")))
    held = claim_posts.select(_CLAIM_POST_COLUMNS).filter(place.is_valid())
    columns = posts.select(_POST_COLUMNS).take(place.drop_null())
    numbers = pc.index_in(held.column("claim_id"), value_set=whole(ids.column("claim_id")))
    made = {name: held.column(name) for name in held.column_names if name != "claim_id"}
    made |= {name: columns.column(name) for name in columns.column_names}
    return pa.table(made | {"claim_no": numbers})


_POST_COLUMNS = ["platform", "source", "author_key", "posted_at", "likes", "reposts", "replies"]
_CLAIM_POST_COLUMNS = ["claim_id", "post_id", "role", "asks", "variant_key"]
