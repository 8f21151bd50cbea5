"""What the pages get from the warehouse, one record per row; None means unknown, never zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """The warehouse as a whole."""

    claims: int
    posts: int
    as_of: datetime | None
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClaimCard:
    """A claim as the list and the head of its page show it."""

    claim_id: str
    rank: int
    score: float
    exemplar_post_id: str
    exemplar_text: str | None
    exemplar_length: int
    exemplar_script: str | None
    post_count: int | None
    carrier_count: int | None
    variant_count: int | None
    author_count: int | None
    platform_count: int | None
    platforms: list[str] | None
    scripts: list[str] | None
    first_at: datetime | None
    last_at: datetime | None
    keywords: list[str] | None
    conflict_ids: list[str] | None
    as_of: datetime | None
    growth: float | None
    recent_posts: int | None
    previous_posts: int | None
    enquiry_share: float | None


@dataclass(frozen=True, slots=True)
class Hour:
    """Posts in the hour that begins at ``hour``; enquiries and corrections are among them."""

    hour: datetime
    posts: int
    enquiries: int
    corrections: int


@dataclass(frozen=True, slots=True)
class PostCard:
    """A post as the claim page shows it; ``text`` may be cut, ``text_length`` is the whole."""

    post_id: str
    role: str
    joined_by: str
    asks: bool
    similarity: float | None
    platform: str
    source: str
    title: str | None
    text: str | None
    text_length: int
    script: str | None
    foldings: list[str] | None
    url: str | None
    author_key: str | None
    published_at: datetime | None
    published_precision: str | None
    collected_at: datetime
    likes: int | None
    reposts: int | None
    replies: int | None
    views: int | None
    counts_precision: str | None
    media: list[str] | None


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording of a claim: ``text`` is that of the first post that we hold with it, verbatim but maybe cut."""

    variant_key: str
    posts: int
    first_at: datetime | None
    platforms: list[str]
    text: str
    first_post: str
    first_platform: str
    script: str | None
    author_key: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a claim would be after a merge or a split. Replies and reposts follow the post they belong to."""

    posts: int
    authors: int
    wordings: int
    platforms: list[str] | None
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A published review that may be about a claim: its publisher's verdict in its publisher's words."""

    review_id: str
    similarity: float | None
    words: float | None
    sounds: float | None
    passages: float | None
    meaning: float | None
    shared_words: list[str]
    claim: str
    title: str | None
    rating: str | None
    publisher: str | None
    site: str | None
    url: str | None
    language: str | None
    reviewed_at: datetime | None
    provenance: str
    origin: str
    trust: str
    ready_text: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """Another claim that may be the same, and the nearest post of each."""

    other_id: str
    own_post: str
    other_post: str
    similarity: float | None
    why: str
    other_rank: int
    other_posts: int | None
    own_text: str
    other_text: str


@dataclass(frozen=True, slots=True)
class Crawl:
    """What one crawl or import saw and why it stopped."""

    crawl_id: str
    source: str
    collector: str
    started_at: datetime | None
    finished_at: datetime | None
    pages: int | None
    posts: int | None
    rejects: int | None
    refusals: int | None
    bytes: int | None
    stopped_because: str
    detail: str | None
