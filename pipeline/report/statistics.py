"""Intervals and estimates of the report, each with where it comes from and when it says nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Z = 1.959963984540054
"""97.5th percentile of the normal distribution: intervals of 95 %."""
LEAST_TREATED = 5
"""Fewer corrected claims than this give no interval: a bootstrap of so few would promise too much."""
RESAMPLES = 10_000
SEED = 20260313


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval of 95 %; any may be unknown. ``n``: what it rests on."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0


def wilson(hits: int, n: int) -> Estimate:
    """Share ``hits / n`` with Wilson's score interval (1927); unknown without a trial."""
    if n == 0:
        return Estimate(None)
    share, z2 = hits / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half), n)


def chapman(first: int, second: int, both: int) -> Estimate:
    """How many there are in all, from two catches (Chapman 1951), with Chao's log-normal interval (1987).

    Assumes that the catches know nothing of each other. Unknown when no claim is in both, or a catch is empty.
    """
    seen = first + second - both
    if both == 0:
        return Estimate(None, n=seen)
    total = (first + 1) * (second + 1) / (both + 1) - 1
    spread = (first + 1) * (second + 1) * (first - both) * (second - both)
    variance = spread / ((both + 1) ** 2 * (both + 2))
    missing = total - seen
    if missing <= 0:
        return Estimate(total, float(seen), float(seen), seen)
    factor = math.exp(Z * math.sqrt(math.log(1 + variance / missing**2)))
    return Estimate(total, seen + missing / factor, seen + missing * factor, seen)


def bootstrap_ratio(logs: Sequence[float]) -> Estimate:
    """Geometric mean of ratios from their logarithms, with a percentile bootstrap over claims (Efron 1979).

    No interval for fewer than ``LEAST_TREATED``; equal input, equal interval.
    """
    if not logs:
        return Estimate(None)
    values = np.asarray(logs, dtype=np.float64)
    ratio = float(np.exp(values.mean()))
    if len(values) < LEAST_TREATED:
        return Estimate(ratio, n=len(values))
    drawn = np.random.default_rng(SEED).choice(values, size=(RESAMPLES, len(values)))
    low, high = np.exp(np.percentile(drawn.mean(axis=1), [2.5, 97.5]))
    return Estimate(ratio, float(low), float(high), len(values))


def middle(values: Sequence[float]) -> Estimate:
    """Median with the quartiles in place of an interval; unknown without values."""
    if not values:
        return Estimate(None)
    low, median, high = np.percentile(np.asarray(values, dtype=np.float64), [25, 50, 75])
    return Estimate(float(median), float(low), float(high), len(values))
