"""Stage rank: which claims a person should look at first, with every reason. Veracity is never a signal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import pyarrow as pa

from pipeline.duck import run_statement
from pipeline.tables import CLAIM_HOURS, RANKED_CLAIMS


@dataclass(frozen=True, slots=True)
class RankConfig:
    """Parameters of ``sql/stages/ranked_claims.sql``."""

    window_minutes: int = 180
    """Length of "recent": an hour is too short for a claim of three posts, a day too long for a rumor."""
    enquiry_weight: float = 2.0
    """Enquiries count double: the one signal with a published precision on its own (PEERS: P@50 1.00 on CED)."""
    scale: float = 1000.0
    """Makes points readable: the best place of a signal is worth 16.393."""


def rank(
    posts: pa.Table, claim_posts: pa.Table, as_of: datetime, config: RankConfig | None = None
) -> dict[str, pa.Table]:
    """Return ``ranked_claims`` and ``claim_hours`` from what was posted by ``as_of``."""
    tables = {"posts": posts, "claim_posts": claim_posts}
    hours = run_statement("stages/claim_hours", tables, {"as_of": as_of})
    values = asdict(config or RankConfig()) | {"as_of": as_of}
    ranked = run_statement("stages/ranked_claims", tables, values)
    return {
        CLAIM_HOURS.name: CLAIM_HOURS.conform(hours),
        RANKED_CLAIMS.name: RANKED_CLAIMS.conform(ranked),
    }
