"""Other people's published reviews of claims: schema.org ClaimReview in a page, and Google's Fact Check Tools.

A review's verdict is its publisher's, in its publisher's words; nothing here turns it into a rating of ours.
"""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from crawlers.items import Context
from crawlers.text import html_to_text, tidy
from crawlers.times import UNKNOWN, Known, parse_time
from pipeline.raw import SIDECAR
from pipeline.records import Post

_MAX_NODES = 20_000
_CONTROL = re.compile(r"[\x00-\x1f]+")
_OPENINGS = ("//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "<![CDATA[", "<!--")
_CLOSINGS = ("//]]>", "// ]]>", "/*]]>*/", "]]>", "-->")


@dataclass(frozen=True, slots=True)
class Review:
    """One review of one claim. ``rating`` is the verdict as its publisher words it; numbers only where given."""

    claim: str
    url: str
    title: str | None = None
    publisher: str | None = None
    publisher_site: str | None = None
    rating: str | None = None
    rating_value: float | None = None
    rating_best: float | None = None
    rating_worst: float | None = None
    claimant: str | None = None
    claimed_at: Known = UNKNOWN
    reviewed_at: Known = UNKNOWN
    appearances: tuple[str, ...] = ()
    """Addresses where the claim was seen."""
    language: str | None = None

    @property
    def native_id(self) -> str:
        """The review's address and a digest of its claim: one page may review several."""
        digest = hashlib.blake2b(tidy(self.claim).encode("utf-8", "replace"), digest_size=6).hexdigest()
        return f"{self.url}#{digest}"


@dataclass(frozen=True, slots=True)
class ReviewedPost(Post):
    """A reviewed claim as a post, and its review: a post has no column for a verdict."""

    review: Review | None = None


def as_post(review: Review, context: Context, query: str | None = None) -> Post:
    """The reviewed claim as a post of platform ``claimreview``; where it appeared stands in ``links``."""
    at, precision = review.reviewed_at
    post = context.post(
        "claimreview",
        review.native_id,
        review.claim,
        url=review.url,
        title=review.title,
        author_key=context.author("claimreview", review.publisher_site or review.publisher),
        published_at=at,
        published_precision=precision,
        links=review.appearances,
        query=query,
    )
    return ReviewedPost(**{one.name: getattr(post, one.name) for one in fields(post)}, review=review)


def keep_verdicts(folder: Path, posts: Iterable[Post]) -> None:
    """Append what the reviews among ``posts`` say to ``reviews.jsonl`` of a crawl's folder, for the library.

    The claimant is left out: often a private person.
    """
    lines = [
        json.dumps(
            {
                "post_id": post.post_id,
                "rating": post.review.rating,
                "publisher": post.review.publisher,
                "publisher_site": post.review.publisher_site,
                "language": post.review.language,
            }
        )
        for post in posts
        if isinstance(post, ReviewedPost) and post.review
    ]
    if lines:
        path = folder / SIDECAR
        path.touch(mode=0o600)
        with path.open("a", encoding="utf-8") as stream:
            stream.write("\n".join(lines) + "\n")


def blocks_of(tree: LexborHTMLParser) -> Iterator[Any]:
    """Every JSON-LD block of a page that can be read, and the error (``ValueError``) of each that cannot."""
    for script in tree.css("script[type='application/ld+json' i]"):
        try:
            # Line ends inside strings are common in the wild, and JSON forbids them.
            yield json.loads(_CONTROL.sub(" ", _unfenced(script.text())))
        except (ValueError, RecursionError) as error:
            yield ValueError(f"JSON-LD block: {str(error)[:80]}")


def _unfenced(block: str) -> str:
    """Without the comment or CDATA marks that old templates put around scripts."""
    block = block.strip()
    for mark in _OPENINGS:
        block = block.removeprefix(mark).lstrip()
    for mark in _CLOSINGS:
        block = block.removesuffix(mark).rstrip()
    return block


def nodes_of(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401  JSON
    """Every ClaimReview object anywhere in a JSON-LD value (lists, ``@graph``, nested), walked without recursion."""
    found, waiting = [], [value]
    for _ in range(_MAX_NODES):
        if not waiting:
            break
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        elif isinstance(one, dict):
            if _is_review(one):
                found.append(one)
            else:
                waiting.extend(reversed(list(one.values())))
    return found


def _is_review(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    return any(
        str(kind).rsplit("/", 1)[-1] == "ClaimReview"
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def review_of_jsonld(
    node: dict[str, Any], page_url: str, now: datetime, zone: tzinfo | None = None
) -> Review:
    """One ClaimReview object. Raises ``ValueError`` where it names no claim."""
    claim = _words(node.get("claimReviewed"))
    if not claim:
        raise ValueError("no claimReviewed")
    rating, item = _first(node.get("reviewRating")), _first(node.get("itemReviewed"))
    author = _first(node.get("author")) or _first(node.get("publisher"))
    named = _web(node.get("url"))
    url = named if named and _host(named) == _host(page_url) else page_url
    return Review(
        claim=claim,
        url=url,
        title=_words(node.get("headline") or node.get("name")),
        publisher=_words(author.get("name")),
        publisher_site=_host(_web(author.get("url")) or url) or None,
        rating=_words(rating.get("alternateName") or rating.get("ratingExplanation") or rating.get("name")),
        rating_value=_number(rating.get("ratingValue")),
        rating_best=_number(rating.get("bestRating")),
        rating_worst=_number(rating.get("worstRating")),
        claimant=_words(_first(item.get("author")).get("name")),
        claimed_at=parse_time(item.get("datePublished"), now, zone),
        reviewed_at=parse_time(node.get("datePublished"), now, zone),
        appearances=_appearances(item),
        language=_words(node.get("inLanguage")),
    )


def reviews_of_google(claim: dict[str, Any], now: datetime) -> list[Review]:
    """One entry of ``claims`` as Fact Check Tools answers. Raises ``ValueError`` where it holds no review."""
    text, reviews = _words(claim.get("text")), claim.get("claimReview")
    if not text or not isinstance(reviews, list) or not reviews:
        raise ValueError("a claim without text or without reviews")
    return [_google(review, text, claim, now) for review in reviews]


def _google(review: dict[str, Any], text: str, claim: dict[str, Any], now: datetime) -> Review:
    url, publisher = _web(review.get("url")), _first(review.get("publisher"))
    if url is None:
        raise ValueError("a review without address")
    return Review(
        claim=text,
        url=url,
        title=_words(review.get("title")),
        publisher=_words(publisher.get("name")),
        publisher_site=_words(publisher.get("site")) or _host(url) or None,
        rating=_words(review.get("textualRating")),
        claimant=_words(claim.get("claimant")),
        claimed_at=parse_time(claim.get("claimDate"), now),
        reviewed_at=parse_time(review.get("reviewDate"), now),
        language=_words(review.get("languageCode")),
    )


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _first(value: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    """The object that a value is, or the first of several; empty where there is none."""
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, dict)), None)
    if isinstance(value, str):
        return {"name": value}
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> str | None:  # noqa: ANN401  JSON
    """A string's words; publishers put HTML and entities into them."""
    if not isinstance(value, str):
        return None
    return (html_to_text(value) if "<" in value else tidy(html.unescape(value))) or None


def _web(value: Any) -> str | None:  # noqa: ANN401  JSON
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("url") or value.get("@id")
    return value if isinstance(value, str) and value.startswith(("http://", "https://")) else None


def _number(value: Any) -> float | None:  # noqa: ANN401  JSON
    """A number, also where it is written as a string; ``None`` where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)) > 20:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < 1e6 else None


def _appearances(item: dict[str, Any]) -> tuple[str, ...]:
    shown = [item.get(name) for name in ("appearance", "firstAppearance", "url")]
    flat = [one for value in shown for one in (value if isinstance(value, list) else [value])]
    return tuple(dict.fromkeys(url for url in map(_web, flat) if url))[:50]
