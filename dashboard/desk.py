"""What every page knows about the visit: data, incident, language, clock, and who acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.navigation.page import Page

from dashboard import queries
from dashboard.signin import MAX_NAME_CHARS, needed, visitor
from dashboard.times import Clock, zone_named
from dashboard.words import LANGUAGES, Words, nearest_language
from pipeline.accounts import Accounts
from pipeline.coalition import Coalition, load_coalition
from pipeline.errors import IncidentError, NotAllowed
from pipeline.incident import Incident, list_incidents
from pipeline.ledger import Ledger
from pipeline.paths import DataDir
from pipeline.people import Act, Person, may
from pipeline.records import Triage

MAX_ACTOR_CHARS = MAX_NAME_CHARS


@dataclass(frozen=True, slots=True)
class Desk:
    """One run of one page for one person."""

    data: DataDir
    words: Words
    zone: tzinfo
    incidents: tuple[Incident, ...]
    broken: tuple[IncidentError, ...]
    incident: Incident | None
    file: str | None
    person: Person | None = None
    guarded: bool = False
    """Whether the desk has accounts: then ``person`` is who signed in, else the name that somebody alone entered."""
    pages: dict[str, Page] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    """Names of the accounts by id."""
    began: int = 0
    """The incident's newest event when this run began: what came later may be missing on the page."""

    @property
    def name(self) -> str:
        """Id of the incident that is open; empty when there is none."""
        return self.incident.id if self.incident else ""

    @property
    def actor(self) -> str:
        """What the ledger calls the person: the account's id, or the name of somebody alone; empty for nobody."""
        return self.person.user_id if self.person else ""

    @property
    def partner(self) -> str | None:
        """Id of the partner that the person acts for; ``None`` for somebody alone, or without one."""
        return self.person.partner if self.person else None

    @property
    def coalition(self) -> Coalition:
        """The partners and their rule."""
        return load_coalition(self.data)

    def may(self, act: Act) -> bool:
        """Whether the person may do this; ask before showing a control and again before acting."""
        return self.reads_alone(act) or may(self.person, act)

    def require(self, act: Act) -> None:
        """Raise ``NotAllowed`` when the person may not do this: the last check before anything is written."""
        if not self.may(act):
            raise NotAllowed(f"{self.actor or 'nobody'} may not {act.value}")

    def reads_alone(self, act: Act) -> bool:
        """Somebody alone on the machine reads before giving a name."""
        return act is Act.READ and not self.guarded

    def name_of(self, actor: str) -> str:
        """Display name of somebody in the ledger; who has no account is shown as written."""
        return self.people.get(actor, actor)

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
        """The ledger, one per call."""
        return Ledger(self.data.ledger, read_only=not write)

    def decided(self) -> Mapping[str, Triage]:
        """Where every claim stands that somebody decided on; read again when the ledger has moved, shared, not to be
        changed."""
        return _decided(self.data.ledger, self.name, self.ledger().mark(self.name))


@st.cache_resource(max_entries=16, show_spinner=False)
def _decided(path: Path, incident: str, mark: str) -> Mapping[str, Triage]:
    return Ledger(path, read_only=True).triage(incident)


def language() -> str:
    """Chosen here, else asked for in the address, else the browser's."""
    for wanted in (st.session_state.get("language"), st.query_params.get("lang")):
        if wanted in LANGUAGES:
            return str(wanted)
    return nearest_language(st.context.locale)


def arrive() -> Desk:
    """Find out where the visit stands; the address decides the incident, else the newest one that is open."""
    data = DataDir.from_environment()
    guarded = needed(data)
    incidents, broken = _listed(data)
    incident = _chosen(incidents)
    return Desk(
        data=data,
        words=Words(language()),
        zone=zone_named(st.context.timezone),
        incidents=incidents,
        broken=broken,
        incident=incident,
        file=queries.published_file(data, incident.id) if incident else None,
        person=visitor(data),
        guarded=guarded,
        people=_people(data) if guarded else {},
        began=Ledger(data.ledger, read_only=True).state(incident.id) if incident else 0,
    )


def _people(data: DataDir) -> dict[str, str]:
    everybody = Accounts(data.accounts, read_only=True).everybody()
    return {account.person.user_id: account.person.name for account in everybody}


def _listed(data: DataDir) -> tuple[tuple[Incident, ...], tuple[IncidentError, ...]]:
    """Every incident, newest first, and what is wrong with unreadable files; read again when a file has changed."""
    stats = ((path.name, path.stat()) for path in sorted(data.incidents.glob("*.toml")))
    return _incidents(data, tuple((name, told.st_mtime_ns, told.st_size) for name, told in stats))


@lru_cache(maxsize=8)
def _incidents(
    data: DataDir, files: tuple[tuple[str, int, int], ...]
) -> tuple[tuple[Incident, ...], tuple[IncidentError, ...]]:
    broken: list[IncidentError] = []
    return tuple(list_incidents(data, broken.append)), tuple(broken)


def _chosen(incidents: tuple[Incident, ...]) -> Incident | None:
    wanted: Any = st.query_params.get("incident") or st.session_state.get("incident")
    named = [i for i in incidents if i.id == wanted]
    still_open = [i for i in incidents if i.closed_at is None]
    found = next(iter(named or still_open or incidents), None)
    if found:
        st.session_state["incident"] = found.id
    return found
