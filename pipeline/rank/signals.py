"""The signals of the ranking: where each comes from, and what it weighs until staff's triage teaches better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from pipeline.tables import RANK_SIGNALS


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: ``family`` names its file in ``sql/signals``; ``value`` its column of ``ranked_claims``."""

    name: str
    family: str
    weight: float
    is_lasting: bool
    source: str
    value: str = ""

    @property
    def column(self) -> str:
        """The column of ``ranked_claims`` that holds its raw value."""
        return self.value or self.name


SIGNALS = (
    Signal("volume", "volume", 1.0, False, "counting, in voices; the baseline that PEERS 5.2 warns of alone"),
    Signal("growth", "volume", 1.0, False, "log ratio of two windows; PEERS 5.3"),
    Signal(
        "burst",
        "volume",
        1.0,
        False,
        "z-score against its own past and the platform's hour of day; PEERS 5.3",
    ),
    Signal("spread", "spread", 1.0, True, "platforms, communities and voices per post; EIP: amplification"),
    Signal("jump", "spread", 1.0, False, "Liu and Wu, AAAI 2018: early propagation paths"),
    Signal("engagement", "engagement", 0.5, True, "percentile within platform and age; PEERS 5.3"),
    # twice: the one signal with a published precision on its own
    Signal("enquiry", "speech", 2.0, True, "Zhao, Resnick and Mei, WWW 2015", "enquiry_share"),
    Signal("debunk_gap", "speech", 1.0, True, "WHO/UNICEF: what nobody answers spreads; PEERS 5.3"),
    Signal("checkworthy", "content", 1.0, True, "Konstantinovskiy et al. 2018, arXiv 1809.08193"),
    Signal(
        "harm",
        "content",
        1.0,
        True,
        "people's answers to the rubric; else EIP, Full Fact: words of harm.toml",
    ),
    Signal("nearness", "content", 0.5, True, "the incident's own places, names and words"),
    Signal("kinship", "kinship", 1.0, True, "claims taken up or reviewed before; FABLE's precedent"),
    # silent until staff's triage taught a model (models/reactions.py)
    Signal(
        "reactions", "reactions", 1.0, True, "how people answer: Zhao et al. 2015, learned from own triage"
    ),
)


def weights_table(weights: Mapping[str, float]) -> pa.Table:
    """``RANK_SIGNALS`` with the plain weights, or with ``weights`` where it names a signal."""
    return RANK_SIGNALS.from_rows(
        [
            {
                "signal": s.name,
                "family": s.family,
                "weight": float(weights.get(s.name, s.weight)),
                "is_lasting": s.is_lasting,
                "source": s.source,
            }
            for s in SIGNALS
        ]
    )
