"""The ranked list: one dense row per claim, a link over the whole of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from dashboard.desk import Desk
from dashboard.render import show
from dashboard.rows import ClaimCard, Hour
from dashboard.times import Clock
from pipeline.records import Status, Triage

SPARK_HOURS = 72


@dataclass(frozen=True, slots=True)
class Spark:
    """A small area of posts per hour: ``shape`` is a CSS polygon, ``peak`` its highest hour."""

    shape: str
    peak: int


def spark(hours: Sequence[Hour], end: datetime, width: int = SPARK_HOURS) -> Spark:
    """Posts per hour over the last ``width`` hours up to ``end``, as one polygon in percent."""
    first = end.replace(minute=0, second=0, microsecond=0) - timedelta(hours=width - 1)
    counts = [0] * width
    for hour in hours:
        place = int((hour.hour - first).total_seconds() // 3600)
        if 0 <= place < width:
            counts[place] += hour.posts
    peak = max(counts)
    step = 100 / width
    points = ["0% 100%"]
    for place, count in enumerate(counts):
        top = 100 - 100 * count / peak if peak else 100
        points += [f"{place * step:.2f}% {top:.1f}%", f"{(place + 1) * step:.2f}% {top:.1f}%"]
    return Spark(f"polygon({', '.join([*points, '100% 100%'])})", peak)


def row(
    desk: Desk,
    clock: Clock,
    card: ClaimCard,
    hours: Sequence[Hour],
    stands: Triage | None,
    link: dict[str, str],
) -> None:
    """One claim of the list."""
    with st.container(key=f"row{card.rank}"):
        show(
            "claim_row",
            words=desk.words,
            clock=clock,
            card=card,
            spark=spark(hours, card.as_of or clock.reference),
            spark_hours=desk.words.count("hours", SPARK_HOURS),
            status=stands.status.value if stands else Status.NEW.value,
            assignee=stands.assignee if stands else None,
            rating=stands.rating if stands else None,
        )
        label = desk.words("list.open", rank=card.rank)
        st.page_link(desk.pages["claim"], label=label, query_params=link, width="stretch")
