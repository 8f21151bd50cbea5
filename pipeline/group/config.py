"""What grouping takes: thresholds and rulings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GroupConfig:
    """Thresholds of grouping.

    Defaults were read off 1,750 posts of the CED set whose claims were judged by reading; the figures in the
    bench come from thresholds chosen on one half of the claims and scored on the other.
    """

    matched: float = 0.20
    """Similarity from which two texts carry one claim."""
    suggested: float = 0.14
    """Similarity from which a pair is shown to people, if their vectors agree (``alike_vectors``)."""
    alike_vectors: float = 0.50
    """Cosine of vectors below which common words alone suggest nothing; and from which two texts of different
    languages are shown, when each is the other's nearest."""
    near_vectors: float = 0.80
    """Cosine of vectors from which a pair is shown to people, even without a word in common."""
    cohesion: float = 0.16
    """Mean similarity that a group keeps: a chain whose ends have nothing in common is cut."""
    other_place: float = 0.75
    """Factor on the similarity of two texts that name only different places."""
    other_numbers: float = 0.75
    """Factor on the similarity of two texts that share none of their numbers."""
    frame: float = 0.50
    """Similarity from which two texts with different places are one template filled twice: suggested only; for texts
    with different numbers it counts before these lower it."""
    doubt: float = 1.5
    """Words of evidence that each text is imagined to lack: what keeps short texts apart."""
    old: float = 1.8
    """Added to ``matched`` for texts first seen a year apart or more (less for less), the more the shorter they are:
    a long rumor comes back word for word, a title about "this year's No. 3 typhoon" is another typhoon."""
    shortest: int = 6
    """Characters below which a text never joins by similarity."""
    neighbors: int = 128
    """Candidates that one text brings, at most."""
    rare: int = 1_000
    """Texts that a word or sound may occur in and still bring candidates."""
    most_suggested: int = 3
    """Pairs that each group brings at most, best first."""
    settled: int = 20_000
    """Texts from which on the statistics of words and sounds are taken in steps, not anew with each text."""
    statistics_step: float = 1.02
    """Growth of the texts with which statistics are taken anew."""
    floor: float = 0.15
    """Cosine on rare words and sounds from which a pair is looked at."""
    exact_vectors: int = 20_000
    """Texts up to which every pair of vectors is looked at; its square bounds the pairs of two languages."""


@dataclass(frozen=True)
class TextRuling:
    """A person's word on two texts: one claim (``must``) or not."""

    left_key: str
    right_key: str
    must: bool
