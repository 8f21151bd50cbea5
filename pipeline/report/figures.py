"""The figures of a report, from the published warehouse: the same tables that the desk shows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from pipeline.duck import connect_published
from pipeline.errors import StoreError
from pipeline.paths import DataDir
from pipeline.report.statistics import Estimate, bootstrap_ratio, chapman, middle, wilson
from pipeline.statements import statement

WINDOW_HOURS = 6
"""Width of the windows before and after a correction in which tellings are counted."""
CONTROLS = 5
"""Uncorrected claims that each corrected one is matched with, at most."""
TOP = 20
"""How far down the list the honesty meter reads."""
JUDGED = ("answered", "watching", "repeat", "not_ours")
"""Where a claim stands once somebody has judged it; ``not_ours`` means that it was not worth the look."""

SPANS = (
    ("first_to_detected", "first_at", "detected_at"),
    ("detected_to_triaged", "detected_at", "triaged_at"),
    ("triaged_to_corrected", "triaged_at", "corrected_at"),
    ("first_to_corrected", "first_at", "corrected_at"),
)

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. ``key`` names its words, ``about`` what it is about (a platform, a source)."""

    section: str
    key: str
    estimate: Estimate
    unit: str = "count"
    about: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a report shows, without words."""

    incidents: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    as_of: datetime | None
    figures: tuple[Figure, ...]
    claims: Rows = field(repr=False)
    hours: Rows = field(repr=False)

    def of(self, section: str) -> list[Figure]:
        """Lines of one section."""
        return [one for one in self.figures if one.section == section]

    def get(self, key: str, about: str = "") -> Figure | None:
        """One line by its key."""
        return next((one for one in self.figures if (one.key, one.about) == (key, about)), None)


def measure(
    data: DataDir, incidents: Sequence[str], start: datetime | None = None, end: datetime | None = None
) -> Figures:
    """Figures of these incidents together; claims first posted from ``start`` to before ``end``.

    Raises ``StoreError`` when one of them has nothing published.
    """
    told: dict[str, Rows] = {name: [] for name in ("claims", "reach", "spread", "hours", "work", "unread")}
    moments: list[datetime] = []
    for incident in incidents:
        connection = connect_published(data.published(incident))
        try:
            for name, rows in told.items():
                rows.extend({**row, "incident": incident} for row in _ask(connection, name, start, end))
            moments += [row[0] for row in connection.execute(statement("report/as_of")).fetchall()]
        finally:
            connection.close()
    figures = [
        *_claims(told["claims"]),
        *_speed(told["claims"]),
        *_reach(told["reach"]),
        *_enquiries(told["claims"]),
        *_spread(told["spread"]),
        *_work(told["work"]),
        *_blind(told["claims"], told["unread"]),
        *_honesty(told["claims"]),
    ]
    as_of = max((m for m in moments if m), default=None)
    return Figures(tuple(incidents), start, end, as_of, tuple(figures), told["claims"], told["hours"])


def _ask(
    connection: duckdb.DuckDBPyConnection, name: str, start: datetime | None, end: datetime | None
) -> Iterable[dict[str, Any]]:
    text = statement(f"report/{name}")
    values = {"start": start, "end": end, "hours": WINDOW_HOURS}
    try:
        found = connection.execute(text, {key: value for key, value in values.items() if f"${key}" in text})
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    except duckdb.Error as error:
        raise StoreError(
            f"report: question {name} failed ({error}); publish again with: chengqing run"
        ) from error


def _count(section: str, key: str, number: int | None, about: str = "") -> Figure:
    return Figure(section, key, Estimate(number), about=about)


def _claims(claims: Rows) -> list[Figure]:
    told = [
        ("seen", len(claims)),
        ("posts", sum(row["post_count"] for row in claims)),
        ("triaged", sum(row["triaged_at"] is not None for row in claims)),
        ("corrected", sum(row["corrected_at"] is not None for row in claims)),
        ("not_worked", sum(row["triaged_at"] is None for row in claims)),
    ]
    return [_count("claims", key, number) for key, number in told]


def _speed(claims: Rows) -> list[Figure]:
    made = []
    for key, since, until in SPANS:
        minutes = [
            (row[until] - row[since]).total_seconds() / 60 for row in claims if row[since] and row[until]
        ]
        made.append(Figure("speed", key, middle(minutes), "minutes"))
    return made


def effects(reach: Rows) -> tuple[list[float], int, int]:
    """Log ratios of tellings after to before, each less that of its controls; with before and after summed.

    Left out: corrections that were not watched to the end of the window, were not told before, or have no control.
    """
    found, before, after = [], 0, 0
    by_correction: dict[tuple[str, str], Rows] = {}
    for row in reach:
        by_correction.setdefault((row["incident"], row["corrected_id"]), []).append(row)
    for (_, corrected), rows in sorted(by_correction.items()):
        own = next((row for row in rows if row["claim_id"] == corrected), None)
        if own is None or not own["watched"]:
            continue
        before, after = before + own["before"], after + own["after"]
        controls = _controls(own, rows) if own["before"] else []
        if controls:
            found.append(_log(own) - sum(map(_log, controls)) / len(controls))
    return found, before, after


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


def _reach(reach: Rows) -> list[Figure]:
    logs, before, after = effects(reach)
    asked = {(row["incident"], row["corrected_id"]) for row in reach}
    return [
        _count("reach", "tellings_before", before if asked else None),
        _count("reach", "tellings_after", after if asked else None),
        Figure("reach", "ratio", bootstrap_ratio(logs), "ratio"),
    ]


def _enquiries(claims: Rows) -> list[Figure]:
    asked = sum(row["enquiries"] for row in claims)
    answered = sum(row["enquiries"] for row in claims if row["corrected_at"] or row["status"] == "answered")
    return [
        _count("enquiries", "asked", asked),
        Figure("enquiries", "answered", wilson(answered, asked), "share"),
    ]


def _spread(spread: Rows) -> list[Figure]:
    posts: dict[tuple[str, str], int] = {}
    for row in spread:
        posts[row["kind"], row["name"]] = posts.get((row["kind"], row["name"]), 0) + row["posts"]
    order = sorted(posts.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
    return [_count("spread", kind, number, name) for (kind, name), number in order]


def _work(work: Rows) -> list[Figure]:
    return [_count("work", key, sum(row[key] for row in work)) for key in ("person_hours", "people", "acts")]


def _blind(claims: Rows, unread: Rows) -> list[Figure]:
    crawled = sum(bool(row["crawled"]) for row in claims)
    tipped = sum(bool(row["tipped"]) for row in claims)
    both = sum(bool(row["crawled"] and row["tipped"]) for row in claims)
    return [
        _count("blind", "by_crawl", crawled),
        _count("blind", "by_tip", tipped),
        _count("blind", "by_both", both),
        Figure("blind", "estimated_total", chapman(crawled, tipped, both), "estimate"),
        *[_count("blind", "refused", row["refusals"], row["source"]) for row in unread],
    ]


def _honesty(claims: Rows) -> list[Figure]:
    judged = [row for row in claims if row["rank"] and row["rank"] <= TOP and row["status"] in JUDGED]
    confirmed = sum(row["status"] != "not_ours" for row in judged)
    top = sum(bool(row["rank"] and row["rank"] <= TOP) for row in claims)
    return [
        _count("honesty", "top", top),
        _count("honesty", "judged", len(judged)),
        Figure("honesty", "confirmed", wilson(confirmed, len(judged)), "share"),
    ]
