"""What every page knows about the visit: data, incident, language, clock, and who acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from dashboard import queries
from dashboard.times import Clock, zone_named
from dashboard.words import LANGUAGES, Words, nearest_language
from pipeline.errors import IncidentError
from pipeline.incident import Incident, list_incidents
from pipeline.ledger import Ledger
from pipeline.paths import DataDir

MAX_ACTOR_CHARS = 40


@dataclass(frozen=True, slots=True)
class Desk:
    """One run of one page for one person."""

    data: DataDir
    words: Words
    zone: tzinfo
    incidents: tuple[Incident, ...]
    broken: tuple[str, ...]
    incident: Incident | None
    file: str | None
    pages: dict[str, Page] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Id of the incident that is open; empty when there is none."""
        return self.incident.id if self.incident else ""

    @property
    def actor(self) -> str:
        """The name that the person entered, empty until then."""
        return str(st.session_state.get("actor") or "").strip()[:MAX_ACTOR_CHARS]

    def clock(self) -> Clock:
        """The clock for the open incident's data."""
        as_of = queries.overview(self.file).as_of if self.file else None
        return Clock.at(self.words, self.zone, as_of)

    def now(self) -> Clock:
        """The clock for what people do: their ages count from now, however old the data are."""
        return Clock.at(self.words, self.zone, None)

    def address(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Query parameters of a link inside the open incident."""
        return {"incident": self.name, **(more or {})}

    def ledger(self, *, write: bool = False) -> Ledger:
        """The ledger; opened per call, which costs about a millisecond."""
        return Ledger(self.data.ledger, read_only=not write)

    def status_counts(self) -> dict[str, str]:
        """Status of every claim that somebody decided on."""
        return {claim: row.status.value for claim, row in self.ledger().triage(self.name).items()}


def language() -> str:
    """Chosen here, else asked for in the address, else the browser's."""
    for wanted in (st.session_state.get("language"), st.query_params.get("lang")):
        if wanted in LANGUAGES:
            return str(wanted)
    return nearest_language(st.context.locale)


def arrive() -> Desk:
    """Find out where the visit stands; the address decides the incident, else the newest one that is open."""
    data = DataDir.from_environment()
    broken: list[IncidentError] = []
    incidents = list_incidents(data, broken.append)
    incident = _chosen(incidents)
    return Desk(
        data=data,
        words=Words(language()),
        zone=zone_named(st.context.timezone),
        incidents=tuple(incidents),
        broken=tuple(str(error) for error in broken),
        incident=incident,
        file=queries.published_file(data, incident.id) if incident else None,
    )


def _chosen(incidents: list[Incident]) -> Incident | None:
    wanted: Any = st.query_params.get("incident") or st.session_state.get("incident")
    named = [i for i in incidents if i.id == wanted]
    still_open = [i for i in incidents if i.closed_at is None]
    found = next(iter(named or still_open or incidents), None)
    if found:
        st.session_state["incident"] = found.id
    return found
