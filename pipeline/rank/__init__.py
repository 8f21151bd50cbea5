"""Stage rank: which claims a person should look at first, with every reason. Veracity is never a signal."""

from __future__ import annotations

from pipeline.rank.run import RankConfig, RankInputs, rank
from pipeline.rank.signals import SIGNALS, Signal

__all__ = ["SIGNALS", "RankConfig", "RankInputs", "Signal", "rank"]
