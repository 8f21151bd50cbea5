"""The stage: every claim against every review of the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.encoder import Encoder
from pipeline.duck import run_statement
from pipeline.match.likeness import VIEWS, Likeness, MatchConfig, Reviewed, Texts, best, score
from pipeline.normalize import fold
from pipeline.progress import Tick
from pipeline.reviews.records import KnownReview
from pipeline.segment import cut
from pipeline.tables import CLAIM_REVIEWS

WORDINGS = 3
"""Wordings of a claim that are compared: the exemplar's and the most posted."""
MAX_FORM_CHARS = 1_000
_SHARED = 6
_SPARE = 4
"""Places beyond those wanted: several rows may be one publication, or the claim's own release."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the stage knows of the claims: tables of the run, and the vectors of ``texts`` in their order.

    Vectors may be left out where there is no review to compare with.
    """

    claims: pa.Table
    claim_posts: pa.Table
    texts: pa.Table
    vectors: NDArray[np.float32] | None
    incident: str = ""


def match_reviews(
    claimed: Claimed,
    reviews: Sequence[KnownReview],
    encoder: Encoder,
    config: MatchConfig,
    words: Sequence[str] = (),
    tick: Tick = lambda done, total: None,
) -> pa.Table:
    """``CLAIM_REVIEWS``: per claim up to ``config.most`` publications, the likest first; none below the threshold.

    A claim is never matched with a release about itself.
    """
    if not reviews or claimed.vectors is None or not claimed.claims.num_rows:
        return CLAIM_REVIEWS.from_rows([])
    wordings = run_statement(
        "stages/claim_wordings",
        {"claims": claimed.claims, "claim_posts": claimed.claim_posts, "texts": claimed.texts},
        {"most": WORDINGS},
    )
    asked = _asked(wordings, claimed.texts, claimed.vectors)
    known = review_texts(reviews, encoder, words)
    owners = wordings.column("claim_id").to_pylist()
    kept: dict[str, list[dict[str, object]]] = {}
    for block in Reviewed(known, asked, config).blocks():
        tick(block.first, len(asked))
        for row, found in _found(block, config):
            claim = owners[block.first + row]
            for column in found:
                if not _is_own(reviews[column], claimed.incident, claim):
                    told = _row(claim, reviews[column], block, row, column)
                    told["shared_words"] = _shared(asked.tokens[block.first + row], known.tokens[column])
                    kept.setdefault(claim, []).append(told)
    articles = {review.review_id: review.article_id or review.review_id for review in reviews}
    rows = [told for claim in sorted(kept) for told in _best_of(kept[claim], articles, config.most)]
    return CLAIM_REVIEWS.from_rows(rows)


def review_texts(reviews: Sequence[KnownReview], encoder: Encoder, words: Sequence[str] = ()) -> Texts:
    """The reviews' claims as they are compared: folded, cut into words, encoded."""
    forms = [form[:MAX_FORM_CHARS] for form in fold([review.claim for review in reviews], None, words)[0]]
    return Texts(forms, cut(forms, words), encoder.encode(forms))


def _asked(wordings: pa.Table, texts: pa.Table, vectors: NDArray[np.float32]) -> Texts:
    """The wordings' texts, row by row as ``wordings`` has them."""
    keys = texts.column("text_key").combine_chunks()
    places = pc.index_in(wordings.column("text_key"), value_set=keys)
    picked = texts.take(places)
    forms = [form[:MAX_FORM_CHARS] for form in picked.column("match_text").to_pylist()]
    return Texts(forms, picked.column("tokens").to_pylist(), vectors[places.to_numpy()])


def _found(block: Likeness, config: MatchConfig) -> list[tuple[int, list[int]]]:
    """Rows of a block with the reviews that reach the threshold, the likest first."""
    floor = float(np.log(config.suggest_from / (1 - config.suggest_from)))
    rows = np.flatnonzero(block.fused.max(axis=1) >= floor)
    if not len(rows):
        return []
    columns = best(block.fused[rows], config.most + _SPARE)
    return [
        (int(row), [int(column) for column in near if block.fused[row, column] >= floor])
        for row, near in zip(rows, columns, strict=True)
    ]


def _row(claim: str, review: KnownReview, block: Likeness, row: int, column: int) -> dict[str, object]:
    across = bool(block.across[row, column])
    views = dict(zip(VIEWS, (round(float(view[row, column]), 3) for view in block.views), strict=True))
    return {
        "claim_id": claim,
        "review_id": review.review_id,
        "similarity": round(float(score(block.fused[row, column : column + 1])[0]), 4),
        **(dict.fromkeys(VIEWS) | {"meaning": views["meaning"]} if across else views),
    }


def _shared(left: Sequence[str], right: Sequence[str]) -> list[str]:
    """Words of two or more characters that both have, the longest first: what a person sees at a glance."""
    both = {word for word in left if len(word) > 1} & set(right)
    return sorted(both, key=lambda word: (-len(word), word))[:_SHARED]


def _best_of(rows: list[dict[str, object]], articles: dict[str, str], most: int) -> list[dict[str, object]]:
    """The likest rows of one claim, one per publication."""
    found: dict[str, dict[str, object]] = {}
    for told in sorted(rows, key=lambda one: (-float(str(one["similarity"])), str(one["review_id"]))):
        found.setdefault(articles[str(told["review_id"])], told)
    return list(found.values())[:most]


def _is_own(review: KnownReview, incident: str, claim: str) -> bool:
    return bool(incident) and (review.origin_incident, review.origin_claim) == (incident, claim)
