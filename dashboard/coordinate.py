"""What people do to run an incident: tasks, the watch, contacts, outreach, hours. Each act asks whether it may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dashboard.desk import Desk
from dashboard.publishing import REPUBLISHER
from pipeline.errors import NotAllowed
from pipeline.ledger.exports import Exports
from pipeline.ledger.outreach import Contacted, Hours, Outreach
from pipeline.ledger.protocol import Checklist
from pipeline.ledger.set_aside import SetAside
from pipeline.ledger.watch import Offer, Offers
from pipeline.people import Act
from pipeline.protocol.checklist import Board, Item, board, may_give, may_take, may_tick, open_checklist
from pipeline.protocol.contacts import ContactBook, contact_file
from pipeline.protocol.directory import Entry
from pipeline.protocol.outreach import as_csv


def partner_name(desk: Desk, partner: str) -> str:
    """What a partner is called; a name that is no partner's id is shown as it is written."""
    found = next((p for p in desk.coalition.partners if p.id == partner), None)
    return found.name(desk.words.language) if found else partner


def standing(desk: Desk) -> Board | None:
    """The open incident's checklist and watch; ``None`` without an incident."""
    return board(desk.data, desk.incident) if desk.incident else None


def make_checklist(desk: Desk) -> None:
    """Make the checklist of an incident that has none yet."""
    desk.require(Act.PROTOCOL)
    if desk.incident:
        open_checklist(desk.data, desk.incident, actor=desk.actor)


def tick(desk: Desk, item: Item, done: bool, note: str, seen: int) -> None:
    """Say that a task is done, or open again; ``seen`` is the press before that the person knew of."""
    _require(desk, may_tick(desk.person, item.task))
    Checklist(desk.data.ledger).tick(desk.name, item.task.id, done, actor=desk.actor, note=note, seen=seen)


def offer(desk: Desk, told: Board, partner: str, note: str) -> None:
    """Offer the watch to another partner."""
    _require(desk, may_give(desk.person, told.on_watch, desk.coalition))
    desk.coalition.partner(partner)
    Offers(desk.data.ledger).offer(
        desk.name, partner, holder=told.on_watch, note=note, seen=told.seen, actor=desk.actor
    )


def accept(desk: Desk, made: Offer, note: str) -> None:
    """Take the watch."""
    _require(desk, may_take(desk.person, made.partner))
    Offers(desk.data.ledger).accept(desk.name, made, actor=desk.actor, note=note)


def end_offer(desk: Desk, told: Board, made: Offer, note: str) -> None:
    """Decline the watch, or withdraw the offer."""
    giving = may_give(desk.person, told.on_watch, desk.coalition)
    _require(desk, giving or may_take(desk.person, made.partner))
    Offers(desk.data.ledger).end(desk.name, made, actor=desk.actor, note=note)


def met(desk: Desk, whom: str, on: date, stance: str, about: str, outcome: str) -> None:
    """Write down whom the coalition met or briefed."""
    desk.require(Act.PROTOCOL)
    Outreach(desk.data.ledger).add(
        desk.name, whom, on=on, stance=stance, about=about, outcome=outcome, actor=desk.actor
    )


def correct_met(
    desk: Desk, one: Contacted, whom: str, on: date, stance: str, about: str, outcome: str
) -> None:
    """Word an entry of one's own anew; the wording before is kept."""
    desk.require(Act.PROTOCOL)
    _require(desk, one.actor == desk.actor)
    Outreach(desk.data.ledger).correct(
        desk.name, one.event_id, whom, on=on, stance=stance, about=about, outcome=outcome, actor=desk.actor
    )


def outreach_file(desk: Desk) -> bytes:
    """The outreach log for a spreadsheet; the ledger keeps who took it."""
    desk.require(Act.EXPORT)
    found = Outreach(desk.data.ledger, read_only=True).all(desk.name)
    told = {"what": "outreach", "file": "outreach.csv", "rows": len(found)}
    Exports(desk.data.ledger).record(desk.name, told, actor=desk.actor)
    return as_csv(found).encode("utf-8-sig")


def unmet(desk: Desk, event_id: int) -> None:
    """Take an entry of the outreach log back."""
    desk.require(Act.PROTOCOL)
    Outreach(desk.data.ledger).take_back(desk.name, event_id, actor=desk.actor)


def offer_hours(desk: Desk, day: date, hours: float) -> None:
    """Say how many hours one has."""
    desk.require(Act.PROTOCOL)
    Hours(desk.data.ledger).offer(desk.name, day, hours, actor=desk.actor)


def set_aside(desk: Desk, claims: Sequence[str], reason: str) -> None:
    """Say that claims will not be worked."""
    desk.require(Act.TRIAGE)
    SetAside(desk.data.ledger).say(desk.name, claims, reason, actor=desk.actor)
    REPUBLISHER.ask(desk.data, desk.name)


def work_after_all(desk: Desk, event_id: int) -> None:
    """Take back that a claim will not be worked."""
    desk.require(Act.TRIAGE)
    SetAside(desk.data.ledger).take_back(desk.name, event_id, actor=desk.actor)
    REPUBLISHER.ask(desk.data, desk.name)


def save_contact(desk: Desk, entry: Entry) -> None:
    """Keep an entry of one's own partner."""
    desk.require(Act.PROTOCOL)
    ContactBook(contact_file(desk.data)).save(entry, owner=desk.partner or "", actor=desk.actor)


def remove_contact(desk: Desk, entry: Entry) -> None:
    """Delete an entry of one's own partner for good."""
    desk.require(Act.PROTOCOL)
    ContactBook(contact_file(desk.data)).remove(entry, owner=desk.partner or "", actor=desk.actor)


def _require(desk: Desk, allowed: bool) -> None:
    if not allowed:
        raise NotAllowed(f"{desk.actor or 'nobody'} may not act for this partner")
