"""Claims matched to published reviews: words, sounds and meaning fused; suggested, and confirmed by people alone."""

from pipeline.match.likeness import MatchConfig, Reviewed, Texts
from pipeline.match.run import Claimed, match_reviews

__all__ = ["Claimed", "MatchConfig", "Reviewed", "Texts", "match_reviews"]
