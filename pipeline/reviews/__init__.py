"""A library of published claim reviews: others' verdicts in others' words, with where each came from.

Nothing here turns a rating into one of ours, and no publisher is trusted unless the coalition's list says so.
"""

from pipeline.reviews.library import ReviewLibrary, digest_of
from pipeline.reviews.records import KnownReview
from pipeline.reviews.trust import Trust, load_trust, trust_digest

__all__ = ["KnownReview", "ReviewLibrary", "Trust", "digest_of", "load_trust", "trust_digest"]
