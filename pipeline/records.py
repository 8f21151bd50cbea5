"""The domain's nouns: what crosses the borders between crawlers, pipeline, ledger and dashboard.

Column-by-column promises of the tables stand in ``pipeline.tables``; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Precision(StrEnum):
    """How exactly a time or a count is known: sites round, abbreviate and sometimes stay silent."""

    EXACT = "exact"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    ROUNDED = "rounded"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Post:
    """One public post as one crawl saw it.

    Counts are as displayed and ``None`` when unknown, never 0. Times are aware and in UTC; text is verbatim.
    ``author_key`` is a keyed hash made at the crawler's border; the handle itself never enters this type.
    """

    post_id: str
    source: str
    platform: str
    text: str
    collected_at: datetime
    crawl_id: str
    collector: str
    url: str | None = None
    author_key: str | None = None
    published_at: datetime | None = None
    published_precision: Precision = Precision.EXACT
    title: str | None = None
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    views: int | None = None
    counts_precision: Precision = Precision.EXACT
    thread_id: str | None = None
    parent_id: str | None = None
    quoted_id: str | None = None
    repost_of: str | None = None
    links: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    query: str | None = None


class Role(StrEnum):
    """What a post does to the claim it belongs to."""

    CARRIES = "carries"  # asserts the claim in its own words
    REPEATS = "repeats"  # a repost or verbatim copy, adding nothing
    REPLIES = "replies"  # comments below a post that carries it
    CORRECTS = "corrects"  # says that the claim is wrong


class RulingKind(StrEnum):
    """A person's word on whether two posts carry one claim."""

    MUST = "must"  # confirmed match, merge
    MUST_NOT = "must_not"  # rejected match, split


@dataclass(frozen=True, slots=True)
class MatchRuling:
    """A person's merge or split of two posts; the next run obeys. Append-only: a later one overrides."""

    ruling_id: int
    incident: str
    kind: RulingKind
    left_post: str
    right_post: str
    actor: str
    decided_at: datetime
    reason: str = ""


class Status(StrEnum):
    """Where a claim stands on the desk."""

    NEW = "new"
    IN_REVIEW = "in_review"
    ANSWERED = "answered"
    WATCHING = "watching"
    NOT_OURS = "not_ours"
    REPEAT = "repeat"  # known before: answered in another incident, or by a review that is known


class Rating(StrEnum):
    """A person's rating of a claim unless the coalition has its own words; 不实、误导、部分属实、属实、暂无法核实."""

    INACCURATE = "inaccurate"
    MISLEADING = "misleading"
    PARTLY_TRUE = "partly_true"
    TRUE = "true"
    UNVERIFIABLE = "unverifiable"


@dataclass(frozen=True, slots=True)
class Triage:
    """Where a claim stands now, as people decided; ``version`` guards against stale edits."""

    incident: str
    claim_id: str
    version: int = 0
    status: Status = Status.NEW
    rating: str | None = None
    """A code of ``Rating`` or of the coalition's own vocabulary (``pipeline.vocabulary``)."""
    assignee: str | None = None
    note: str = ""
    anchor_posts: tuple[str, ...] = field(default=())
    """Posts that carried the claim when it was decided: they find it again when ids had to be rebuilt."""
    updated_at: datetime | None = None
    updated_by: str | None = None
