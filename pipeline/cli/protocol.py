"""``chengqing protocol``: the checklist of an incident, and who has the watch."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from pipeline.cli.output import json_option, show_json, show_rows
from pipeline.errors import UnknownName
from pipeline.incident import find_incident
from pipeline.ledger.protocol import Checklist
from pipeline.paths import DataDir
from pipeline.protocol.checklist import Board, board, hand_over, open_checklist
from pipeline.protocol.plan import LANGUAGES

BY = click.option("--by", "actor", required=True, help="Who: an account's id or a name.")


@click.group()
def protocol() -> None:
    """What is to be done in an incident, what was done and by whom, and who has the watch."""


@protocol.command()
@click.argument("incident")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
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
    rows = _rows(told, language)
    if as_json:
        show_json({"on_watch": told.on_watch, "tasks": rows})
        return
    show_rows(rows)
    click.echo(f"on watch: {told.on_watch}")
    if told.watches:
        last = told.watches[-1]
        click.echo(f"since {last.told_at:%Y-%m-%d %H:%M}Z, from {last.before}: {last.note}")


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
    """Give the watch to another partner, with a note."""
    data = DataDir.from_environment()
    found = find_incident(data, incident)
    watch = hand_over(data, found, partner, actor=actor, note=note, seen=board(data, found).seen)
    click.echo(f"{watch.partner} has the watch")
