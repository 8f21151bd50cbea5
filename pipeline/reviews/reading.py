"""Files of reviews: ClaimReview JSON-LD, JSON lines and CSV. What cannot be read is told with its row and why."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.records import Precision
from pipeline.reviews.records import (
    MAX_CLAIM_CHARS,
    MAX_TITLE_CHARS,
    MAX_WORD_CHARS,
    KnownReview,
    host_of,
    review_key,
    web_address,
)

MAX_FILE_BYTES = 200_000_000
_MAX_NODES = 1_000_000

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "claim": ("claim", "claimReviewed", "text", "claim_text"),
    "title": ("title", "headline", "name"),
    "rating": ("rating", "verdict", "textualRating", "alternateName"),
    "publisher": ("publisher", "organization", "source"),
    "site": ("site", "publisher_site"),
    "url": ("url", "link", "address"),
    "language": ("language", "inLanguage", "languageCode", "lang"),
    "date": ("date", "reviewDate", "datePublished", "reviewed_at", "published"),
}
"""What a row may call each field; the first that is there counts."""

Row = Mapping[str, Any]


@dataclass(slots=True)
class ReviewFile:
    """What a file held: reviews, and rows that could not be read with their number and reason."""

    name: str
    sha256: str
    reviews: list[KnownReview] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)


def read_reviews(path: Path) -> ReviewFile:
    """Read a file; raises ``UsageError`` when it is none of the three kinds, too large, or holds no review."""
    try:
        size = path.stat().st_size
        body = path.read_bytes() if size <= MAX_FILE_BYTES else b""
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a file of reviews") from error
    if size > MAX_FILE_BYTES:
        raise UsageError(f"{path}: {size:,} bytes; at most {MAX_FILE_BYTES:,}: split the file")
    found = ReviewFile(path.name, hashlib.sha256(body).hexdigest())
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: not UTF-8 ({error.reason} at byte {error.start}); convert it first"
        ) from error
    for number, row in enumerate(_rows(path, text), 1):
        try:
            found.reviews.append(review_of(row, found.name, found.sha256))
        except ValueError as error:
            found.rejects.append((number, str(error)))
    if not found.reviews:
        why = f"; row {found.rejects[0][0]}: {found.rejects[0][1]}" if found.rejects else ""
        raise UsageError(f"{path}: no review in it{why}. Columns: {', '.join(COLUMNS)}")
    return found


def _rows(path: Path, text: str) -> Iterator[Any]:
    if path.suffix.lower() == ".csv":
        csv.field_size_limit(1_000_000)
        try:
            yield from csv.DictReader(io.StringIO(text, newline=""))
        except csv.Error as error:
            raise UsageError(f"{path}: {error}; save it as CSV in UTF-8") from error
        return
    try:
        yield from _nodes(json.loads(text))
    except RecursionError as error:
        raise UsageError(f"{path}: nested too deep to be reviews") from error
    except ValueError:  # not one JSON value: lines of them
        yield from (_line(line) for line in text.split("\n") if line.strip())


def _line(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _nodes(value: object) -> Iterator[Row]:
    """Objects that look like reviews anywhere in a JSON value: lists, ``@graph``, nested."""
    waiting = [value]
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        elif isinstance(one, dict):
            if any(name in one for name in COLUMNS["claim"]):
                yield one
            else:
                waiting.extend(reversed(list(one.values())))


def review_of(row: object, origin: str, sha256: str) -> KnownReview:
    """One row or ClaimReview object as a review. Raises ``ValueError`` where it names no claim."""
    if not isinstance(row, dict):
        raise ValueError("not an object of names and values")
    values = {name: next((row[key] for key in keys if row.get(key)), None) for name, keys in COLUMNS.items()}
    claim = words(values["claim"], MAX_CLAIM_CHARS + 1)
    if not claim:
        raise ValueError("names no claim")
    if len(claim) > MAX_CLAIM_CHARS:
        raise ValueError(f"a claim of more than {MAX_CLAIM_CHARS:,} characters")
    url, author = web_address(_plain(values["url"])), _object(row.get("author") or row.get("publisher"))
    rating = _object(row.get("reviewRating"))
    at, precision = moment(values["date"])
    review_id = review_key("import", url or sha256, claim)
    return KnownReview(
        review_id,
        claim,
        "import",
        origin,
        review_id,
        title=words(values["title"], MAX_TITLE_CHARS),
        rating=words(values["rating"] or rating.get("alternateName") or rating.get("name"), MAX_WORD_CHARS),
        publisher=words(author.get("name") or values["publisher"], MAX_WORD_CHARS),
        site=host_of(web_address(author.get("url"))) or words(values["site"], MAX_WORD_CHARS) or host_of(url),
        url=url,
        language=words(values["language"], 35),
        reviewed_at=at,
        reviewed_precision=precision,
        sha256=sha256,
    )


def words(value: object, most: int) -> str | None:
    """A string on one line, cut to ``most``, in characters that every store can hold; ``None`` for anything else."""
    if not isinstance(value, str):
        return None
    kept = value[: 4 * most].encode("utf-8", "ignore").decode("utf-8").replace("\0", " ")
    return " ".join(kept.split())[:most] or None


def moment(value: object) -> tuple[datetime | None, Precision]:
    """An ISO 8601 day or time; one without zone is read as UTC and known to the day only."""
    try:
        at = datetime.fromisoformat(str(value or "").strip())
        at.timestamp()
    except (ValueError, OverflowError):
        return None, Precision.UNKNOWN
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC), Precision.DAY
    return at.astimezone(UTC), Precision.EXACT


def _plain(value: object) -> object:
    """JSON-LD writes an address as a string, an object or a list of them."""
    while isinstance(value, list):
        value = value[0] if value else None
    return value.get("@id") or value.get("url") if isinstance(value, dict) else value


def _object(value: object) -> dict[str, Any]:
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, dict)), None)
    if isinstance(value, str):
        return {"name": value}
    return value if isinstance(value, dict) else {}
