"""One review of one claim as the library holds it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from pipeline.raw import SIDECAR as SIDECAR  # noqa: PLC0414  crawls write the file, this library reads it
from pipeline.records import Precision

Provenance = Literal["import", "crawl", "release"]

MAX_CLAIM_CHARS = 2_000
MAX_TITLE_CHARS = 500
MAX_WORD_CHARS = 200
MAX_URL_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class KnownReview:
    """``rating`` is the verdict as its publisher words it; ``None`` where it was not given."""

    review_id: str
    claim: str
    provenance: Provenance
    origin: str
    """File, crawl or release that it came with."""
    article_id: str = ""
    title: str | None = None
    rating: str | None = None
    publisher: str | None = None
    site: str | None = None
    """Host of the publisher, the name that trust goes by."""
    url: str | None = None
    language: str | None = None
    reviewed_at: datetime | None = None
    reviewed_precision: Precision = Precision.UNKNOWN
    sha256: str | None = None
    """Hash of the bytes that it was read from."""
    ready_text: str | None = None
    """The coalition's own words, where it answered this claim before."""
    origin_incident: str | None = None
    origin_claim: str | None = None


def review_key(provenance: Provenance, where: str, claim: str) -> str:
    """The id of a review: the same address and claim, come the same way, are the same review."""
    told = f"{where}\0{' '.join(claim.split())}".encode("utf-8", "surrogatepass")
    return f"{provenance}-{hashlib.blake2b(told, digest_size=8).hexdigest()}"


def host_of(url: str | None) -> str | None:
    """The host of a web address in lower case without ``www.``; ``None`` where it has none."""
    try:
        host = (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:
        return None
    return host or None


def web_address(value: object) -> str | None:
    """``value`` if it is a web address of bearable length."""
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        return None
    return value.strip() if len(value) <= MAX_URL_CHARS and host_of(value) else None
