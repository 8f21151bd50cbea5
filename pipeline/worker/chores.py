"""What the worker does beside turns: the checklist of an incident that appeared, and posts whose time is over."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

from pipeline.errors import ChengqingError
from pipeline.incident import Incident
from pipeline.ledger.protocol import Checklist
from pipeline.paths import DataDir
from pipeline.protocol.checklist import open_checklist
from pipeline.retention.schedule import is_due, load_retention
from pipeline.worker.turn import Step

ACTOR = "worker"
AGAIN = timedelta(hours=1)
"""When a purge that did not come to its end is tried again."""


class Chores:
    """One per worker. What was seen to once is not looked at again until the worker starts anew."""

    def __init__(self, data: DataDir) -> None:
        self.data = data
        self._has_checklist: set[str] = set()
        self._not_before: dict[str, datetime] = {}

    def checklists(self, found: Sequence[Incident], problems: list[str]) -> None:
        """Make the checklist of every open incident that has none: a file dropped into the folder opens one, too."""
        for incident in found:
            if incident.closed_at or incident.id in self._has_checklist:
                continue
            try:
                if not Checklist(self.data.ledger, read_only=True).due(incident.id):
                    open_checklist(self.data, incident, actor=ACTOR)
            except ChengqingError as error:  # a protocol file with a mistake: said until it is mended
                problems.append(f"checklist of {incident.id}: {error}")
            else:
                self._has_checklist.add(incident.id)

    def due_for_purge(self, found: Sequence[Incident], now: datetime, problems: list[str]) -> list[Incident]:
        """Closed incidents whose posts go now, by ``data/retention.toml``; none where there is no such file."""
        try:
            retention = load_retention(self.data)
            waiting = [i for i in found if i.closed_at and self._not_before.get(i.id, now) <= now]
            return [i for i in waiting if retention and is_due(self.data, retention, i, now)]
        except ChengqingError as error:
            problems.append(f"retention: {error}")
            return []

    def began(self, incident: str, now: datetime) -> None:
        """A purge was begun: if it does not come to its end, it is tried again later."""
        self._not_before[incident] = now + AGAIN


def purge_steps(incident: Incident, now: datetime) -> list[Step]:
    """The purge as a child process, by the worker's clock."""
    chengqing = (sys.executable, "-P", "-m", "pipeline.cli")
    moment = now.strftime("%Y-%m-%dT%H:%M:%S")
    command = (*chengqing, "purge", "due", "--carry-out", "--only", incident.id, "--at", moment)
    return [Step("purge", command, must=True)]
