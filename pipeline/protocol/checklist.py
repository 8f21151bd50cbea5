"""An incident's checklist as it stands: every task with when it is due, who does it, and who ticked it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.coalition import Coalition, load_coalition
from pipeline.incident import Incident
from pipeline.ledger.protocol import Checklist, Ticked, Watch
from pipeline.paths import DataDir
from pipeline.people import AccountRole, Act, Person, may
from pipeline.protocol.plan import ON_WATCH, Protocol, Task, load_protocol


@dataclass(frozen=True, slots=True)
class Item:
    """One task of an incident."""

    phase: Mapping[str, str]
    task: Task
    due_at: datetime
    lead: str
    """Partner that leads it: the one on watch unless the task names another."""
    ticked: Ticked | None

    @property
    def done(self) -> bool:
        """Whether it stands as done."""
        return self.ticked is not None and self.ticked.done

    def is_late(self, now: datetime) -> bool:
        """Whether it is due and not done."""
        return not self.done and self.due_at < now


@dataclass(frozen=True, slots=True)
class Board:
    """The checklist, who has the watch, and how it went from hand to hand."""

    items: tuple[Item, ...]
    on_watch: str
    watches: tuple[Watch, ...]

    @property
    def seen(self) -> int:
        """What the next hand-over must have seen."""
        return self.watches[-1].event_id if self.watches else 0


def open_checklist(data: DataDir, incident: Incident, *, actor: str) -> bool:
    """Make the incident's checklist from the protocol of now; False when it has one. Later edits of the file do not
    change what was promised for an incident that is under way."""
    protocol = load_protocol(data)
    due = {task.id: task.due_at(incident.opened_at) for task in protocol.tasks}
    return Checklist(data.ledger).open(incident.id, due, actor=actor)


def board(data: DataDir, incident: Incident) -> Board:
    """How the checklist stands now; tasks that left the file since stay, by their id."""
    room = Checklist(data.ledger, read_only=True)
    due, ticked, watches = room.due(incident.id), room.ticked(incident.id), room.watches(incident.id)
    on_watch = watches[-1].partner if watches else incident.watch
    known = _known(load_protocol(data))
    items = []
    for name, moment in due.items():
        phase, task = known.get(name, ({}, Task(name, {}, "monitor", 0)))
        lead = on_watch if task.lead == ON_WATCH else task.lead
        items.append(Item(phase, task, moment, lead, ticked.get(name)))
    return Board(tuple(items), on_watch, tuple(watches))


def _known(protocol: Protocol) -> dict[str, tuple[Mapping[str, str], Task]]:
    return {task.id: (phase.names, task) for phase in protocol.phases for task in phase.tasks}


def may_tick(person: Person | None, task: Task) -> bool:
    """Whether this person may tick a task off, or open it again: whoever has its role, or leads."""
    has_role = person is not None and (person.role is AccountRole.LEAD or person.role.value == task.role)
    return has_role and may(person, Act.PROTOCOL)


def may_give(person: Person | None, holder: str, coalition: Coalition) -> bool:
    """Whether this person may offer the watch: for the partner that has it.

    Where the incident's file names somebody who is no partner of the coalition, for any; alone on a machine, always.
    """
    if person is None or not may(person, Act.WATCH):
        return False
    stranger = holder not in {partner.id for partner in coalition.partners}
    return not person.partner or stranger or person.partner == holder


def may_take(person: Person | None, partner: str) -> bool:
    """Whether this person may take, or decline, the watch that was offered to ``partner``."""
    return person is not None and may(person, Act.WATCH) and person.partner in (None, "", partner)


def hand_over(data: DataDir, incident: Incident, partner: str, *, actor: str, note: str, seen: int) -> Watch:
    """Give the watch to a partner of the coalition; raises ``CoalitionError`` when it is none."""
    coalition: Coalition = load_coalition(data)
    coalition.partner(partner)
    room = Checklist(data.ledger)
    return room.hand_over(incident.id, partner, actor=actor, note=note, seen=seen, first=incident.watch)
