"""A release as schema.org ClaimReview and as an Atom feed: exchange formats that other desks read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from feedgen.feed import FeedGenerator

from pipeline.correction.document import Part
from pipeline.ledger.statements import Release
from pipeline.release.notice import Notice
from pipeline.release.text import plain, withdrawal


def claim_review(notice: Notice, address: str = "") -> dict[str, Any]:
    """Return the JSON-LD object. The rating is a word, never a number: people rate, and no scale is implied."""
    told = notice.of(Part.CIRCULATES)
    review: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "identifier": notice.release_id,
        "datePublished": notice.released_on,
        "inLanguage": notice.language,
        "name": notice.title,
        "claimReviewed": told[0].text if told else notice.title,
        "reviewBody": "\n".join(s.text for s in notice.body),
        "author": [_organization(p.name(notice.language), p.web) for p in notice.signers],
        "publisher": _organization(notice.heading, ""),
        "citation": [source.url for source in notice.sources],
        "itemReviewed": {"@type": "Claim", "text": told[0].text if told else notice.title},
    }
    if address:
        review["url"] = address
    if notice.rating:
        review["reviewRating"] = {"@type": "Rating", "alternateName": notice.rating}
    if notice.withdrawn_because:
        review["correction"] = withdrawal(notice)
    return review


def _organization(name: str, web: str) -> dict[str, str]:
    return {"@type": "Organization", "name": name, **({"url": web} if web else {})}


def for_page(review: dict[str, Any]) -> str:
    """The object for a script element: no text in it can end the element."""
    text = json.dumps(review, ensure_ascii=False, indent=1, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def atom(notices: Sequence[tuple[Release, Notice]], *, address: str, title: str, language: str) -> bytes:
    """An Atom feed of releases in one language, the newest first; a withdrawn one says so in its title and text."""
    feed = FeedGenerator()
    feed.id(f"{address}feed.{language}.xml")
    feed.title(title)
    feed.link(href=f"{address}feed.{language}.xml", rel="self")
    feed.language(language)
    feed.generator("Chengqing")
    feed.author({"name": title})
    moments = [release.withdrawn_at or release.told_at for release, _ in notices]
    feed.updated(max(moments, default=datetime.fromisoformat("1970-01-01T00:00:00+00:00")))
    for (release, notice), moment in zip(notices, moments, strict=True):
        entry = feed.add_entry(order="append")
        entry.id(f"{address}{release.release_id}/")
        entry.link(href=f"{address}{release.release_id}/")
        entry.title(f"[{notice.word('withdrawn')}] {notice.title}" if release.withdrawn_at else notice.title)
        entry.published(release.told_at)
        entry.updated(moment)
        entry.content(plain(notice), type="text")
        entry.author({"name": notice.heading})
    made: bytes = feed.atom_str(pretty=True)
    return made
