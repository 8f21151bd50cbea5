"""The ranked list: one dense row per claim, or a card with its reasons; a link over the whole of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from dashboard.desk import Desk
from dashboard.presence import Here
from dashboard.reading import read_as
from dashboard.render import show
from dashboard.rows import ClaimCard, Hour
from dashboard.times import Clock
from dashboard.widgets.picks import box
from dashboard.widgets.reasons import Reason
from pipeline.records import Status, Triage

SPARK_HOURS = 72


@dataclass(frozen=True, slots=True)
class Spark:
    """Areas of posts per hour as CSS polygons: all, those that ask, those that correct; ``peak`` is the highest."""

    shape: str
    peak: int
    asking: str = ""
    correcting: str = ""


def spark(hours: Sequence[Hour], end: datetime, width: int = SPARK_HOURS) -> Spark:
    """Posts per hour over the last ``width`` hours up to ``end``, in percent of the highest hour."""
    first = end.replace(minute=0, second=0, microsecond=0) - timedelta(hours=width - 1)
    counts, asking, correcting = [0] * width, [0] * width, [0] * width
    for hour in hours:
        place = int((hour.hour - first).total_seconds() // 3600)
        if 0 <= place < width:
            counts[place] += hour.posts
            asking[place] += hour.enquiries
            correcting[place] += hour.corrections
    peak = max(counts)
    return Spark(
        _area(counts, peak),
        peak,
        _area(asking, peak) if any(asking) else "",
        _area(correcting, peak) if any(correcting) else "",
    )


def _area(counts: Sequence[int], peak: int) -> str:
    step = 100 / len(counts)
    points = ["0% 100%"]
    for place, count in enumerate(counts):
        top = 100 - 100 * min(count, peak) / peak if peak else 100
        points += [f"{place * step:.2f}% {top:.1f}%", f"{(place + 1) * step:.2f}% {top:.1f}%"]
    return f"polygon({', '.join([*points, '100% 100%'])})"


@dataclass(frozen=True, slots=True)
class RowState:
    """What people, and the reader's choices, add to a claim's row."""

    stands: Triage | None = None
    here: tuple[Here, ...] = ()
    merged: tuple[str, ...] = ()
    split: int = 0
    harm: tuple[int, int] | None = None
    notes: int = 0
    aside: str = ""
    """Why it will not be worked."""
    known: int = 0
    outdated: bool = False
    """Whether a review that was confirmed has another verdict now."""
    gone: bool = False
    """Whether a review that was confirmed is suggested no more: it may have left the library."""
    marked: bool = False
    aid: str = ""
    because: tuple[str, ...] = ()
    """Why it stands there, in sentences."""
    reasons: tuple[Reason, ...] = ()

    @property
    def status(self) -> str:
        """The lane that the claim is in."""
        return self.stands.status.value if self.stands else Status.NEW.value


def row(
    desk: Desk,
    clock: Clock,
    card: ClaimCard,
    hours: Sequence[Hour],
    state: RowState,
    link: dict[str, str],
    rating: Callable[[str], str],
) -> None:
    """One claim of the list."""
    stands = state.stands
    text = read_as(card.exemplar_text, state.aid)
    with st.container(key=f"row{card.rank}"):
        show(
            "claim_row",
            words=desk.words,
            clock=clock,
            card=card,
            text=text,
            converted=text != card.exemplar_text,
            spark=spark(hours, card.as_of or clock.reference),
            spark_hours=desk.words.count("hours", SPARK_HOURS),
            state=state,
            assignee=desk.name_of(stands.assignee) if stands and stands.assignee else None,
            rating=rating(stands.rating) if stands and stands.rating else None,
            here=[desk.name_of(person.actor) for person in state.here],
        )
        label = desk.words("list.open", rank=card.rank)
        st.page_link(desk.pages["claim"], label=label, query_params=link, width="stretch")
        box(card.claim_id, desk.words("moves.pick", rank=card.rank))
