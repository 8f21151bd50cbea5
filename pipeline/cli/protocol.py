"""``chengqing protocol``: the checklist of an incident, and who has the watch."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.cli.outreach import BY, correct, met, outreach
from pipeline.cli.watch import accept, decline, offer
from pipeline.errors import UnknownName, UsageError
from pipeline.escape import for_terminal
from pipeline.files import write_text
from pipeline.incident import find_incident
from pipeline.ledger.outreach import Hours
from pipeline.ledger.protocol import Checklist
from pipeline.ledger.set_aside import SetAside
from pipeline.ledger.watch import Offers
from pipeline.paths import DataDir
from pipeline.protocol.capacity import capacity
from pipeline.protocol.checklist import Board, board, hand_over, open_checklist
from pipeline.protocol.contacts import directory
from pipeline.protocol.directory import on_call
from pipeline.protocol.plan import LANGUAGES
from pipeline.questions import ask
from pipeline.statements import statement


@click.group()
def protocol() -> None:
    """What is to be done in an incident, what was done and by whom, and who has the watch."""


for _command in (met, correct, outreach, offer, accept, decline):
    protocol.add_command(_command)


@protocol.command()
@click.argument("incident")
@click.option(
    "--language", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Language of the words."
)
@json_option
def show(incident: str, language: str, as_json: bool) -> None:
    """Show the checklist; it is made when it is first asked for.

    \b
    Example:
      chengqing protocol show harbor-fire --language zh-Hans
    """
    data = DataDir.from_environment()
    found = find_incident(data, incident)
    open_checklist(data, found, actor="cli")
    told = board(data, found)
    rows, made = _rows(told, language), Offers(data.ledger, read_only=True).standing(incident)
    if as_json:
        offered = {"to": made.partner, "by": made.actor, "note": made.note} if made else None
        show_json({"on_watch": told.on_watch, "offered": offered, "tasks": rows})
        return
    show_rows(rows)
    click.echo(f"on watch: {told.on_watch}")
    if told.watches:
        last = told.watches[-1]
        click.echo(for_terminal(f"since {last.told_at:%Y-%m-%d %H:%M}Z, from {last.before}: {last.note}"))
    if made:
        said = f"offered to {made.partner} by {made.actor}, {made.told_at:%Y-%m-%d %H:%M}Z: {made.note}"
        click.echo(for_terminal(said))


def _rows(told: Board, language: str) -> list[dict[str, object]]:
    now = datetime.now(UTC)
    return [
        {
            "task": item.task.id,
            "what": item.task.names.get(language, item.task.id),
            "due": item.due_at,
            "lead": item.lead,
            "role": item.task.role,
            "stands": "done" if item.done else "late" if item.is_late(now) else "open",
            "by": item.ticked.actor if item.ticked else None,
            "at": item.ticked.told_at if item.ticked else None,
        }
        for item in told.items
    ]


@protocol.command()
@click.argument("incident")
@click.argument("task")
@click.option("--undo", is_flag=True, help="It is not done after all.")
@click.option("--note", default="", help="A word on it.")
@BY
def done(incident: str, task: str, undo: bool, note: str, actor: str) -> None:
    """Tick a task off, or take that back."""
    data = DataDir.from_environment()
    found = find_incident(data, incident)
    open_checklist(data, found, actor=actor)
    room = Checklist(data.ledger)
    if task not in (due := room.due(incident)):
        raise UnknownName(f"no task {task!r} in the checklist of {incident}; there are: {', '.join(due)}")
    last = room.ticked(incident).get(task)
    room.tick(incident, task, not undo, actor=actor, note=note, seen=last.event_id if last else 0)
    click.echo(f"{task}: {'open again' if undo else 'done'}")


@protocol.command("hand-over")
@click.argument("incident")
@click.argument("partner")
@click.option("--note", required=True, help="What is open, what was promised, whom to call.")
@BY
def hand_over_(incident: str, partner: str, note: str, actor: str) -> None:
    """Give the watch to another partner at once, with a note; `offer` asks them first."""
    data = DataDir.from_environment()
    found = find_incident(data, incident)
    watch = hand_over(data, found, partner, actor=actor, note=note, seen=board(data, found).seen)
    click.echo(f"{watch.partner} has the watch")


@protocol.command()
@click.argument("incident")
@click.argument("number", type=float)
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="The day; today without.")
@BY
def hours(incident: str, number: float, day: datetime | None, actor: str) -> None:
    """Say how many hours you have for an incident on a day; the last word counts."""
    data = DataDir.from_environment()
    find_incident(data, incident)
    Hours(data.ledger).offer(incident, (day or datetime.now(UTC)).date(), number, actor=actor)
    click.echo("kept")


@protocol.command("capacity")
@click.argument("incident")
@click.option(
    "--per-claim",
    type=click.FloatRange(min=0.1),
    help="Hours that one claim takes; the protocol's (1.5 unless it says otherwise) without.",
)
@json_option
def capacity_(incident: str, per_claim: float | None, as_json: bool) -> None:
    """Hold today's hours against the claims that wait, and say which will not be worked."""
    told = capacity(DataDir.from_environment(), incident, hours_per_claim=per_claim)
    if as_json:
        show_json({**asdict(told), "day": told.day.isoformat()})
        return
    click.echo(
        f"{told.hours:g} hours of {told.people} people, {told.hours_per_claim:g} per claim: "
        f"{len(told.worked)} of {len(told.worked) + len(told.not_worked)} waiting claims will be worked today"
    )
    fate = {"worked": told.worked, "does not fit": told.not_worked, "will not be worked": told.set_aside}
    show_rows([{"claim": claim, "today": today} for today, claims in fate.items() for claim in claims])


@protocol.command("set-aside")
@click.argument("incident")
@click.argument("claims", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it stands on the claim and in the list.")
@BY
def set_aside(incident: str, claims: tuple[str, ...], reason: str, actor: str) -> None:
    """Say that claims will not be worked, so that nobody waits for an answer.

    \b
    Example:
      chengqing protocol set-aside harbor-fire c000012 c000015 --reason "dying down; two people today" --by mei
    """
    data = DataDir.from_environment()
    find_incident(data, incident)
    found = ask(data, incident, statement("protocol/known_claims"), {"claims": list(claims)})
    known = {row["claim_id"] for row in found}
    if unknown := [claim for claim in claims if claim not in known]:
        raise UnknownName(f"no claim {', '.join(unknown)} in {incident}; see: chengqing rank {incident}")
    SetAside(data.ledger).say(incident, claims, reason, actor=actor)
    click.echo("kept")


@protocol.command("map")
@click.option("--to", "path", type=click.Path(path_type=Path), help="SVG file to draw the map into.")
@json_option
def map_(path: Path | None, as_json: bool) -> None:
    """Show who is on call in what order and who would call whom; draw it with --to.

    Entries stand in data/directory.toml, and partners keep their own on the desk.
    """
    entries = directory(DataDir.from_environment())
    if not entries:
        raise UsageError(
            "no directory yet: write entries on the desk's page of people, or copy data/samples/directory.toml "
            "to data/directory.toml and change it"
        )
    if path:
        from pipeline.protocol.drawing import drawn  # networkx takes a third of a second

        write_text(path, drawn(entries, "who would call whom") + "\n")
        click.echo(f"drawn: {path}", err=as_json)
    first = on_call(entries)
    rows = [asdict(one) for one in [*first, *(e for e in entries if e not in first)]]
    show_json(rows) if as_json else show_rows(rows)
