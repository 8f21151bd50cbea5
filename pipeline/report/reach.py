"""Tellings before and after a correction, held against similar claims that nobody of us corrected."""

from __future__ import annotations

import math
from typing import Any

WINDOW_HOURS = 6
"""Width of the windows before and after a correction in which tellings are counted."""
CONTROLS = 5
"""Uncorrected claims that each corrected one is matched with, at most."""

Rows = list[dict[str, Any]]


def comparisons(reach: Rows) -> list[tuple[dict[str, Any], Rows]]:
    """Each corrected claim with its controls, which may be none.

    Left out: corrections that were not watched to the end of the window, and claims not told around theirs.
    """
    found = []
    by_correction: dict[tuple[str, str], Rows] = {}
    for row in reach:
        by_correction.setdefault((row["incident"], row["corrected_id"]), []).append(row)
    for (_, corrected), rows in sorted(by_correction.items()):
        own = next((row for row in rows if row["claim_id"] == corrected), None)
        if own is not None and own["watched"]:
            found.append((own, _controls(own, rows) if own["before"] else []))
    return found


def effects(reach: Rows) -> tuple[list[float], int, int]:
    """Log ratios of tellings after to before, each less that of its controls; with before and after summed.

    Without a control, or not told before, a correction has no ratio.
    """
    compared = comparisons(reach)
    found = [_log(own) - sum(map(_log, like)) / len(like) for own, like in compared if like]
    return found, sum(own["before"] for own, _ in compared), sum(own["after"] for own, _ in compared)


def around(reach: Rows) -> tuple[tuple[int, float, float], ...]:
    """Mean tellings in each hour from the correction on (-1: the hour before it): corrected claims, and controls."""
    compared = [(own, like) for own, like in comparisons(reach) if like]
    if not compared:
        return ()

    def mean(rows: Rows, hour: int) -> float:
        told: int = sum(row["by_hour"].get(hour, 0) for row in rows)
        return told / len(rows)

    return tuple(
        (
            hour,
            mean([own for own, _ in compared], hour),
            sum(mean(like, hour) for _, like in compared) / len(compared),
        )
        for hour in range(-WINDOW_HOURS, WINDOW_HOURS)
    )


def _controls(own: dict[str, Any], rows: Rows) -> Rows:
    """Claims that nobody of us corrected, told before, within a factor of two of its tellings; the nearest ones."""
    uncorrected = [
        row
        for row in rows
        if row["other_corrected_at"] is None and row["before"] and 0.5 <= row["before"] / own["before"] <= 2
    ]

    def distance(row: dict[str, Any]) -> tuple[float, float, str]:
        age = abs((row["first_at"] - own["first_at"]).total_seconds())
        return abs(math.log(row["before"] / own["before"])), age, row["claim_id"]

    return sorted(uncorrected, key=distance)[:CONTROLS]


def _log(row: dict[str, Any]) -> float:
    """Half a telling is added to both, so that silence has a logarithm."""
    return math.log((row["after"] + 0.5) / (row["before"] + 0.5))
