"""The library: imported reviews in immutable Parquet files, crawled and released ones read where they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import StoreError
from pipeline.files import write_parquet
from pipeline.paths import DataDir
from pipeline.records import Precision
from pipeline.reviews.gather import crawled, released
from pipeline.reviews.reading import ReviewFile
from pipeline.reviews.records import KnownReview
from pipeline.reviews.trust import Standing, load_trust
from pipeline.suppression import Suppression
from pipeline.tables import KNOWN_REVIEWS

_FIELDS = tuple(field.name for field in fields(KnownReview))
_SCHEMA = pa.schema([KNOWN_REVIEWS.schema.field(name) for name in _FIELDS])


class ReviewLibrary:
    """The reviews of one data folder."""

    def __init__(self, data: DataDir) -> None:
        self.data, self.folder = data, data.root / "reviews"

    def add(self, file: ReviewFile) -> int:
        """Keep the reviews of a file; returns how many are new. The same file twice is kept once.

        What somebody asked to have deleted stays away.
        """
        known = {review.review_id for review in self._imported()}
        listed = Suppression.of_desk(self.data)
        fresh = {
            r.review_id: r
            for r in file.reviews
            if r.review_id not in known and not (listed and listed.holds_address(r.url))
        }
        if fresh:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_parquet(self.folder / f"{file.sha256[:24]}.parquet", _table(fresh.values()))
        return len(fresh)

    def reviews(self, as_of: datetime | None = None) -> list[KnownReview]:
        """Every review that may be suggested, by id: hidden publishers left out, each once.

        With ``as_of``, what was published by then; one of unknown time is kept.
        """
        trust = load_trust(self.data)
        found: dict[str, KnownReview] = {}
        for review in (*self._imported(), *crawled(self.data, trust), *released(self.data, as_of)):
            if as_of and review.reviewed_at and review.reviewed_at > as_of:
                continue
            own = review.provenance == "release"
            if review.claim and (own or trust.standing(review.site) is not Standing.HIDDEN):
                found[review.review_id] = review
        return [found[key] for key in sorted(found)]

    def rows(self, reviews: Iterable[KnownReview]) -> pa.Table:
        """``KNOWN_REVIEWS`` of these: with the standing of each publisher."""
        trust = load_trust(self.data)
        rows: list[dict[str, object]] = [
            {**asdict(r), "trust": "trusted" if r.provenance == "release" else trust.standing(r.site).value}
            for r in reviews
        ]
        return KNOWN_REVIEWS.from_rows(rows)

    def _imported(self) -> list[KnownReview]:
        return [review for path in sorted(self.folder.glob("*.parquet")) for review in _read(path)]


def digest_of(reviews: Iterable[KnownReview]) -> str:
    """Hash over everything that the reviews say: equal digests, equal suggestions."""
    digest = hashlib.blake2b(digest_size=12)
    for review in reviews:
        text = json.dumps(asdict(review), ensure_ascii=False, sort_keys=True, default=str)
        digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _table(reviews: Iterable[KnownReview]) -> pa.Table:
    return pa.Table.from_pylist([asdict(review) for review in reviews], schema=_SCHEMA)


def _read(path: Path) -> list[KnownReview]:
    try:
        rows = pq.read_table(path, schema=_SCHEMA).to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise StoreError(f"{path}: cannot be read ({error}); import its file again") from error
    return [
        KnownReview(**{**row, "reviewed_precision": Precision(row["reviewed_precision"])}) for row in rows
    ]
