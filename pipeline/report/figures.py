"""The figures of a report, from the published warehouse: the same tables that the desk shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from pipeline.duck import connect_published
from pipeline.errors import StoreError
from pipeline.incident import find_incident
from pipeline.ledger import Ledger
from pipeline.ledger.set_aside import SetAside
from pipeline.paths import DataDir
from pipeline.privacy import SMALLEST_GROUP, smallest_group
from pipeline.report.places import TOP, Places, placed
from pipeline.report.reach import WINDOW_HOURS, Rows, around, effects
from pipeline.report.statistics import Estimate, bootstrap_ratio, chapman, middle, wilson
from pipeline.statements import statement

JUDGED = ("answered", "watching", "repeat", "not_ours")
"""Where a claim stands once somebody has judged it; ``not_ours`` means that it was not worth the look."""

BAD = (("refused", "refusals"), ("bad_crawls", "bad_crawls"))
"""Figures of each source that we could not read as we meant to, and their columns."""

SPANS = (
    ("first_to_detected", "first_at", "detected_at"),
    ("detected_to_triaged", "detected_at", "triaged_at"),
    ("triaged_to_corrected", "triaged_at", "corrected_at"),
    ("first_to_corrected", "first_at", "corrected_at"),
)


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
    smallest_group: int = SMALLEST_GROUP
    """Claims of fewer authors are told in no list of claims; see ``pipeline.privacy``."""
    around: tuple[tuple[int, float, float], ...] = ()
    """Hours from the correction on, with mean tellings of the corrected claims and of those held against them."""

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
    told: dict[str, Rows] = {name: [] for name in ("claims", "reach", "spread", "hours", "work", "sources")}
    moments: list[datetime] = []
    named: set[tuple[str, str]] = set()
    claims: Rows = []
    for incident in incidents:
        named |= {(incident, use.name) for use in find_incident(data, incident).sources}
        connection = connect_published(data.published(incident))
        try:
            for name, rows in told.items():
                rows.extend({**row, "incident": incident} for row in _ask(connection, name, start, end))
            aliases = dict(connection.execute(statement("report/aliases")).fetchall())
            aside = _set_aside(data, incident, aliases)
            own = [row for row in told["claims"] if row["incident"] == incident]
            own = [{**row, "set_aside": row["claim_id"] in aside} for row in own]
            claims += placed(own, Places(data, incident, aliases))
            moments += [row[0] for row in connection.execute(statement("report/as_of")).fetchall()]
        finally:
            connection.close()
    figures = [
        *_claims(claims),
        *_speed(claims),
        *_reach(told["reach"]),
        *_enquiries(claims),
        *_spread(told["spread"]),
        *_work(told["work"]),
        *_blind(claims, told["sources"], named),
        *_honesty(claims),
    ]
    as_of = max((m for m in moments if m), default=None)
    lists, k = (claims, told["hours"]), smallest_group(data)
    return Figures(tuple(incidents), start, end, as_of, tuple(figures), *lists, k, around(told["reach"]))


def _set_aside(data: DataDir, incident: str, aliases: Mapping[str, str]) -> set[str]:
    """Claims that people said they will not work, and that nobody took up since, by the ids of now."""
    decided = Ledger(data.ledger, read_only=True).triage(incident)
    found = SetAside(data.ledger, read_only=True).waiting(incident, decided)
    return {aliases.get(claim, claim) for claim in found}


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
        ("set_aside", sum(row["set_aside"] for row in claims)),
    ]
    return [_count("claims", key, number) for key, number in told]


def _speed(claims: Rows) -> list[Figure]:
    """Spans that end before they begin (a clock was wrong, posts were brought in later) are counted, not averaged."""
    made, backward = [], 0
    for key, since, until in SPANS:
        minutes = [
            (row[until] - row[since]).total_seconds() / 60 for row in claims if row[since] and row[until]
        ]
        forward = [span for span in minutes if span >= 0]
        backward += len(minutes) - len(forward)
        made.append(Figure("speed", key, middle(forward), "minutes"))
    return [*made, _count("speed", "backward", backward)] if backward else made


def _reach(reach: Rows) -> list[Figure]:
    logs, before, after = effects(reach)
    asked = {(row["incident"], row["corrected_id"]) for row in reach}
    return [
        _count("reach", "released", len(asked)),
        _count("reach", "compared", len(logs)),
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


def _blind(claims: Rows, sources: Rows, named: set[tuple[str, str]]) -> list[Figure]:
    read = {(row["incident"], row["source"]) for row in sources if row["good_crawls"]}
    crawled = sum(bool(row["crawled"]) for row in claims)
    tipped = sum(bool(row["tipped"]) for row in claims)
    both = sum(bool(row["crawled"] and row["tipped"]) for row in claims)
    return [
        _count("blind", "by_crawl", crawled),
        _count("blind", "by_tip", tipped),
        _count("blind", "by_both", both),
        Figure("blind", "estimated_total", chapman(crawled, tipped, both), "estimate"),
        _count("blind", "sources_named", len(named)),
        _count("blind", "sources_read", len(named & read)),
        *[
            _count("blind", key, row[column], row["source"])
            for key, column in BAD
            for row in sources
            if row[column]
        ],
    ]


def _honesty(claims: Rows) -> list[Figure]:
    judged = [r for r in claims if r["judged_rank"] and r["judged_rank"] <= TOP and r["status"] in JUDGED]
    confirmed = sum(row["status"] != "not_ours" for row in judged)
    return [
        _count("honesty", "top", sum(row["was_top"] for row in claims)),
        _count("honesty", "judged", len(judged)),
        Figure("honesty", "confirmed", wilson(confirmed, len(judged)), "share"),
    ]
