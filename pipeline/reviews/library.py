"""The library: imported reviews in immutable Parquet files, crawled and released ones read where they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import StoreError, UnknownName
from pipeline.files import write_parquet, write_text
from pipeline.paths import DataDir
from pipeline.records import Precision
from pipeline.reviews.gather import crawled, released
from pipeline.reviews.reading import ReviewFile
from pipeline.reviews.records import KnownReview
from pipeline.reviews.trust import Standing, load_trust
from pipeline.suppression import Suppression
from pipeline.tables import KNOWN_REVIEWS

REMOVED = "removed.json"
_FIELDS = tuple(field.name for field in fields(KnownReview))
_SCHEMA = pa.schema([KNOWN_REVIEWS.schema.field(name) for name in _FIELDS])


class ReviewLibrary:
    """The reviews of one data folder."""

    def __init__(self, data: DataDir) -> None:
        self.data, self.folder = data, data.root / "reviews"

    def add(self, file: ReviewFile) -> int:
        """Keep the reviews of a file that are new or say something new; returns how many.

        The same file twice is kept once. What a review said before stays in its file; the later word counts. What
        somebody asked to have deleted stays away.
        """
        known = {review.review_id: review for review in self._imported()}
        listed = Suppression.of_desk(self.data)
        fresh = {
            r.review_id: r
            for r in file.reviews
            if not _says_the_same(r, known.get(r.review_id))
            and not (listed and listed.holds_review(r.url, r.site or r.publisher))
        }
        if fresh:
            self.folder.mkdir(parents=True, exist_ok=True)
            # sorts after all that stand there, which are named so or by a hash alone
            name = f"z{len(list(self.folder.glob('*.parquet'))):06}-{file.sha256[:24]}.parquet"
            write_parquet(self.folder / name, _table(fresh.values()))
        return len(fresh)

    def remove(self, review_id: str, *, by: str, because: str) -> None:
        """Suggest a review no more, wherever it came from; raises ``UnknownName`` where there is none.

        What people said about it stays: the desk shows that it is gone beside what they confirmed.
        """
        if review_id not in {review.review_id for review in self.reviews()}:
            raise UnknownName(f"no review {review_id!r}; chengqing review list shows them")
        self._keep_removed({**self.removed(), review_id: {"by": by, "because": because}})

    def restore(self, review_id: str) -> None:
        """Take a removal back; raises ``UnknownName`` where there was none."""
        removed = self.removed()
        if removed.pop(review_id, None) is None:
            raise UnknownName(
                f"review {review_id!r} was not removed; removed: {', '.join(removed) or 'none'}"
            )
        self._keep_removed(removed)

    def removed(self) -> dict[str, dict[str, str]]:
        """Who removed which review, and why."""
        path = self.folder / REMOVED
        if not path.exists():
            return {}
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            return {str(key): dict(value) for key, value in told.items()}
        except (ValueError, AttributeError, TypeError) as error:
            raise StoreError(
                f"{path}: cannot be read ({error}); mend it, or delete it and remove again"
            ) from error

    def _keep_removed(self, removed: dict[str, dict[str, str]]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(removed, ensure_ascii=False, indent=1, sort_keys=True)
        write_text(self.folder / REMOVED, text + "\n")

    def reviews(self, as_of: datetime | None = None) -> list[KnownReview]:
        """Every review that may be suggested, by id: hidden publishers and what was removed left out, each once.

        With ``as_of``, what was published by then; one of unknown time is kept.
        """
        trust, removed = load_trust(self.data), self.removed()
        found: dict[str, KnownReview] = {}
        for review in (*self._imported(), *crawled(self.data, trust), *released(self.data, as_of)):
            if as_of and review.reviewed_at and review.reviewed_at > as_of:
                continue
            if review.review_id in removed:
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
        """The last word of each, the oldest file first."""
        read = (review for path in sorted(self.folder.glob("*.parquet")) for review in _read(path))
        return list({review.review_id: review for review in read}.values())


def _says_the_same(review: KnownReview, known: KnownReview | None) -> bool:
    return known is not None and replace(review, origin=known.origin, sha256=known.sha256) == known


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
