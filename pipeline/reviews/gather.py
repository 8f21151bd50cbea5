"""Reviews that need no import: what crawls of fact-checkers brought, and what the coalition released itself."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.coalition import load_coalition
from pipeline.correction.document import Part
from pipeline.errors import CoalitionError
from pipeline.ledger.statements import Release, Statements
from pipeline.paths import DataDir
from pipeline.raw import Crawl, finished_crawls
from pipeline.records import Precision
from pipeline.release.notice import notice
from pipeline.release.text import plain
from pipeline.reviews.reading import words
from pipeline.reviews.records import (
    MAX_CLAIM_CHARS,
    MAX_TITLE_CHARS,
    MAX_WORD_CHARS,
    SIDECAR,
    KnownReview,
    host_of,
    review_key,
    web_address,
)
from pipeline.reviews.trust import Trust
from pipeline.suppression import REVIEWED

TITLED = ("blogger", "wordpress", "feed")
"""Platforms whose articles may be reviews by their titles or pictures, for publishers that are listed so."""

_log = logging.getLogger(__name__)
_COLUMNS = ["post_id", "platform", "text", "title", "url", "published_at", "published_precision", "media"]
_VERDICT = re.compile(r"^\s*[【\[]\s*([^】\]]{1,20}?)\s*[】\]]\s*(.+)$", re.DOTALL)


def crawled(data: DataDir, trust: Trust) -> Iterator[KnownReview]:
    """Reviews among the posts of all incidents' finished crawls."""
    for folder in sorted((data.root / "raw").glob("*")):
        for crawl in finished_crawls(data, folder.name):
            yield from _of_crawl(crawl, trust)


def _of_crawl(crawl: Crawl, trust: Trust) -> Iterator[KnownReview]:
    told: Mapping[str, Mapping[str, Any]] | None = None
    for file, sha256 in zip(crawl.files, crawl.digest.split(","), strict=False):
        for post in _posts_of(file):
            if post["platform"] == REVIEWED:
                told = _sidecar(crawl.folder / SIDECAR) if told is None else told
                yield _reviewed(post, told.get(post["post_id"], {}), crawl, sha256)
            elif found := _titled(post, crawl, sha256, trust):
                yield found


def _posts_of(file: Path) -> list[dict[str, Any]]:
    """Posts of a part that may be reviews; most parts hold none, so one column is looked at first."""
    wanted = [("platform", "in", [REVIEWED, *TITLED])]
    held = set(pc.unique(pq.read_table(file, columns=["platform"]).column("platform")).to_pylist())
    if not held & {REVIEWED, *TITLED}:
        return []
    found: list[dict[str, Any]] = pq.read_table(file, columns=_COLUMNS, filters=wanted).to_pylist()
    return found


def _sidecar(path: Path) -> dict[str, Mapping[str, Any]]:
    """What the sidecar says of each post; empty where a crawl has none."""
    if not path.exists():
        return {}
    found: dict[str, Mapping[str, Any]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
            found[str(row["post_id"])] = row
        except (ValueError, KeyError, TypeError):
            continue  # the line of a killed crawl: its post is there, its verdict is not known
    return found


def _reviewed(post: Mapping[str, Any], told: Mapping[str, Any], crawl: Crawl, sha256: str) -> KnownReview:
    url = web_address(post["url"])
    return _from_crawl(
        post,
        crawl,
        sha256,
        post["text"],
        rating=words(told.get("rating"), MAX_WORD_CHARS),
        publisher=words(told.get("publisher"), MAX_WORD_CHARS),
        site=words(told.get("publisher_site"), MAX_WORD_CHARS) or host_of(url),
        language=words(told.get("language"), 35),
    )


def _titled(post: Mapping[str, Any], crawl: Crawl, sha256: str, trust: Trust) -> KnownReview | None:
    """An article that rates a claim by its title or by a picture, of a publisher that is listed for it."""
    listed = trust.of(host_of(post["url"]))
    if not listed or not post["title"]:
        return None
    said = _VERDICT.match(post["title"]) if listed.titles else None
    shown = _pictured(post["media"] or (), listed.pictures)
    if not said and not shown:
        return None
    rating, claim = (said[1], said[2]) if said else (shown[0] if len(shown) == 1 else None, post["title"])
    return _from_crawl(
        post, crawl, sha256, claim, rating=rating, publisher=listed.name or None, site=listed.site
    )


def _pictured(addresses: Sequence[str], meant: Mapping[str, str]) -> list[str]:
    """Verdicts by the pictures of an article; several different ones, as in a legend, are no verdict."""
    names = [
        urlsplit(address).path.rsplit("/", 1)[-1].lower() for address in addresses if web_address(address)
    ]
    return [word for start, word in meant.items() if any(name.startswith(start.lower()) for name in names)]


def _from_crawl(
    post: Mapping[str, Any],
    crawl: Crawl,
    sha256: str,
    claim: str,
    *,
    rating: str | None,
    publisher: str | None,
    site: str | None,
    language: str | None = None,
) -> KnownReview:
    url = web_address(post["url"])
    claim = words(claim, MAX_CLAIM_CHARS) or ""
    review_id = review_key("crawl", url or post["post_id"], claim)
    return KnownReview(
        review_id,
        claim,
        "crawl",
        f"{crawl.summary.get('source')}/{crawl.summary.get('crawl_id')}",
        review_id,
        title=words(post["title"], MAX_TITLE_CHARS),
        rating=rating,
        publisher=publisher,
        site=site,
        url=url,
        language=language,
        reviewed_at=post["published_at"],
        reviewed_precision=Precision(post["published_precision"]),
        sha256=sha256 or None,
    )


def released(data: DataDir, as_of: datetime | None = None) -> Iterator[KnownReview]:
    """The coalition's own releases that stand (at ``as_of``), one row per language; a withdrawn one is none."""
    for release in Statements(data.ledger, read_only=True).releases():
        if as_of and release.told_at > as_of:
            continue
        if release.withdrawn_at and (as_of is None or release.withdrawn_at <= as_of):
            continue
        yield from _of_release(replace(release, withdrawn_because=None, withdrawn_at=None), data)


def _of_release(release: Release, data: DataDir) -> Iterator[KnownReview]:
    coalition, seen = load_coalition(data), set()
    for language in release.document.languages:
        if not release.document.title(language):
            continue
        try:
            shown = notice(release, coalition, language)
        except CoalitionError as error:  # a signer left the coalition file: no run may fail for that
            _log.warning("release %s is left out of the library: %s", release.release_id, error)
            return
        said = [s.text for s in shown.of(Part.CIRCULATES)] or [shown.title]
        claim = words(" ".join(said), MAX_CLAIM_CHARS)
        if not claim or claim in seen:
            continue
        seen.add(claim)
        yield KnownReview(
            review_key("release", release.release_id, claim),
            claim,
            "release",
            release.release_id,
            f"release-{release.release_id}",
            title=shown.title,
            rating=shown.rating,
            publisher=shown.heading,
            language=language,
            reviewed_at=release.told_at,
            reviewed_precision=Precision.EXACT,
            sha256=release.digest,
            ready_text=plain(shown),
            origin_incident=release.incident,
            origin_claim=release.claim_id,
        )
