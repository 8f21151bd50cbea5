"""Retention by itself: closed incidents are purged when the time that the coalition wrote down is over.

Nothing is deleted by itself until somebody writes ``data/retention.toml``: deleting is a decision, not a default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.incident import Incident, find_incident
from pipeline.paths import DataDir
from pipeline.retention.purge import Plan, held, plan_incident, purge
from pipeline.toml_files import read_toml

MOST_DAYS = 36_500
ACTOR = "retention.toml"
"""Who stands in the certificate of a purge that nobody pressed: the file in which people decided it."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long posts of a closed incident are kept."""

    closed_days: int

    def due_at(self, incident: Incident) -> datetime | None:
        """When its posts go; ``None`` while it is open."""
        return incident.closed_at + timedelta(days=self.closed_days) if incident.closed_at else None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What the schedule will delete of one incident."""

    incident: str
    due_at: datetime
    plan: Plan


def retention_file(data: DataDir) -> Path:
    """Where a coalition writes how long posts are kept."""
    return data.root / "retention.toml"


def load_retention(data: DataDir) -> Retention | None:
    """What the file says, ``UsageError`` when wrong; ``None`` without a file: then nothing is deleted by itself."""
    path = retention_file(data)
    if not path.exists():
        return None
    told = read_toml(path, mend="mend the file, or remove it so that nothing is deleted by itself")
    if unknown := sorted(set(told) - {"closed_days"}):
        raise UsageError(f"{path}: unknown {', '.join(unknown)}; known: closed_days")
    days = told.get("closed_days")
    if type(days) is not int or not 1 <= days <= MOST_DAYS:
        raise UsageError(
            f"{path}: closed_days is {days!r}: write whole days from 1, such as closed_days = 90"
        )
    return Retention(days)


def upcoming(data: DataDir, retention: Retention, incidents: Sequence[Incident]) -> list[Upcoming]:
    """The dry run: closed incidents of which posts are still held, the next first."""
    found = []
    for incident in incidents:
        moment = retention.due_at(incident)
        if moment and held(data, incident.id):
            found.append(Upcoming(incident.id, moment, plan_incident(data, incident.id)))
    return sorted(found, key=lambda one: (one.due_at, one.incident))


def is_due(data: DataDir, retention: Retention, incident: Incident, now: datetime) -> bool:
    """Whether the incident's time is over and posts of it are still held."""
    moment = retention.due_at(incident)
    return moment is not None and moment < now and held(data, incident.id)


def carry_out(data: DataDir, incident: str, now: datetime) -> Path | None:
    """Purge an incident whose time is over and return its certificate; ``None`` when there is nothing to do.

    Raises ``UsageError`` where no file tells how long posts are kept.
    """
    retention = load_retention(data)
    if retention is None:
        raise UsageError(
            f"{retention_file(data)}: no such file, so nothing is deleted by itself; "
            "copy data/samples/retention.toml there to turn it on"
        )
    if not is_due(data, retention, find_incident(data, incident), now):
        return None
    plan = plan_incident(data, incident)
    return purge(data, plan, code=plan.code, actor=ACTOR)
